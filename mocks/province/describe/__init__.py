"""A picture of a synthetic province: figures from its folder, as one page, text or JSON."""

from mocks.province.describe.figures import describe_province
from mocks.province.describe.page import render_html
from mocks.province.describe.text import render_text

__all__ = ["describe_province", "render_html", "render_text"]
