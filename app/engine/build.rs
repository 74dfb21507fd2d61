//! New files among the bundled images are seen by the next build.

fn main() {
    println!("cargo::rerun-if-changed=../../assets/firmware");
}
