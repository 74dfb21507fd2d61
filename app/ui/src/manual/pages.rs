//! The files of the manual.

use crate::locale::Language;

macro_rules! pages {
    ($($name:literal)*) => {
        /// The names of all pages, in the order they are read.
        pub const PAGES: &[&str] = &[$($name),*];

        /// What stands in the file of a page.
        pub(super) fn text(language: Language, name: &str) -> Option<&'static str> {
            macro_rules! file {
                ($language:literal, $page:literal) => {
                    include_str!(concat!("../../../../assets/manual/", $language, "/", $page, ".md"))
                };
            }
            match (language, name) {
                $(
                    (Language::English, $name) => Some(file!("en", $name)),
                    (Language::Chinese, $name) => Some(file!("zh-CN", $name)),
                )*
                _ => None,
            }
        }
    };
}

pages! {
    "start" "sessions" "log" "send" "board" "drivers" "tcp" "secure" "faults" "chat" "captures" "workspace" "automation"
    "troubleshooting" "files" "settings" "shortcuts" "commands" "exit-codes"
}
