"""The overlay: changes since the snapshot, as layers that make a search answer what a rebuilt snapshot would."""
