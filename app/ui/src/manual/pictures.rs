//! The pictures of the manual: the window as its own tests have drawn it.

use egui::ColorImage;

use crate::locale::Language;

macro_rules! pictures {
    ($($name:literal)*) => {
        /// The names of all pictures: those of their files, without the ending.
        pub const PICTURES: &[&str] = &[$($name),*];

        /// The file of a picture as a window of this theme shows it, a PNG; `None`: there is none of this name.
        pub fn picture_file(language: Language, name: &str, dark: bool) -> Option<&'static [u8]> {
            macro_rules! file {
                ($folder:literal, $picture:literal, $ending:literal) => {
                    include_bytes!(concat!("../../../../assets/manual/", $folder, "/", $picture, $ending))
                };
            }
            match (language, name, dark) {
                $(
                    (Language::English, $name, false) => Some(file!("en", $name, ".png")),
                    (Language::English, $name, true) => Some(file!("en", $name, "-dark.png")),
                    (Language::Chinese, $name, false) => Some(file!("zh-CN", $name, ".png")),
                    (Language::Chinese, $name, true) => Some(file!("zh-CN", $name, "-dark.png")),
                )*
                _ => None,
            }
        }
    };
}

pictures! { "conversation" "board" "timeline" "figures" }

/// So many pixels of a picture are a point of the window: they are sharp on a screen with twice as many, too.
pub const PICTURE_SCALE: f32 = 2.0;

/// Width and height of a PNG in pixels, as its header has them.
pub fn picture_pixels(png: &[u8]) -> Option<[u32; 2]> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    Some([number(16)?, number(20)?])
}

/// The pixels of a PNG; `None`: it is none.
pub fn decoded_picture(png: &[u8]) -> Option<ColorImage> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let size = [frame.width as usize, frame.height as usize];
    let pixels = pixels.get(..frame.buffer_size())?;
    match frame.color_type {
        png::ColorType::Rgb => Some(ColorImage::from_rgb(size, pixels)),
        png::ColorType::Rgba => Some(ColorImage::from_rgba_unmultiplied(size, pixels)),
        _ => None,
    }
}
