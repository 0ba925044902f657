"""What if: the day's model as arrays that a page can change and solve by itself."""
