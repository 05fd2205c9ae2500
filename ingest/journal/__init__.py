"""The journal of imports: its tables, and the images of rows from which an undo restores them."""
