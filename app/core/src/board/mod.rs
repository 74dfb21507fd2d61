//! What a board says on its console: ESP log lines, boot banners, panics.
