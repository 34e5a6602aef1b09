"""Stage 6: the API that gives a desk exactly the fields its procedure may see."""
