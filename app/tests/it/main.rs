//! The program as a whole: its parts together on real sockets.

mod window;
