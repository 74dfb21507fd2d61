//! A TCP debugging assistant and the ESP32 firmware it talks to.

fn main() {}
