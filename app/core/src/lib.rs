//! What Espalier knows without touching the world: sessions, views, what is sent, what a board says.
