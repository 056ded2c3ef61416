"""Files from elsewhere: where they lie, how they come, whether they are what they should be, what is in them."""
