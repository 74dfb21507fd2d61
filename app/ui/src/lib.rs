//! The panes, widgets and words of the window; knows egui and nothing of the world.
