//! Pages of the manual as HTML: one file each, without scripts, that needs nothing from elsewhere.

use std::fmt::Write as _;

use espalier_ui::Language;
use espalier_ui::manual::{
    Manual, ManualLink, ManualPage, PICTURE_SCALE, Sequence, picture_file, picture_pixels,
};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

use super::svg::{self, escaped};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:0;display:flex;flex-wrap:wrap}\
nav{flex:0 0 13rem;padding:1.5rem}nav a{display:block;padding:.15rem 0}\
main{flex:1 1 24rem;max-width:48rem;padding:1rem 1.5rem 4rem;min-width:0}\
a{color:LinkText;text-decoration:none}a:hover{text-decoration:underline}\
img{max-width:100%;height:auto;border:1px solid #8884;border-radius:6px}\
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}\
code{font-family:ui-monospace,Consolas,Menlo,monospace;font-size:.92em}pre{background:#8881;padding:.8rem;overflow-x:auto;line-height:1.35}";

/// A page, with the list of all.
pub fn page(manual: &Manual, page: &ManualPage, markdown: &str) -> String {
    let list = manual.pages().iter().fold(String::new(), |mut list, other| {
        let here = if other.name == page.name { " aria-current=\"page\"" } else { "" };
        let (name, title) = (other.name, escaped(&other.title));
        write!(list, "<a href=\"{name}.html\"{here}>{title}</a>").ok();
        list
    });
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, events(markdown, manual.language()));
    document(manual.language(), &page.title, &format!("<nav>{list}</nav>\n<main>\n{body}</main>"))
}

/// Where one chooses a language.
pub fn index(languages: &[Language]) -> String {
    let list = languages.iter().fold(String::new(), |mut list, language| {
        let (tag, name) = (language.tag(), language.own_name());
        write!(list, "<p><a lang=\"{tag}\" href=\"{tag}/start.html\">{name}</a></p>").ok();
        list
    });
    document(Language::English, "Manual", &format!("<main>\n{list}</main>"))
}

fn document(language: Language, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{} – Espalier</title>\n\
         <style>{STYLE}{}</style>\n{body}\n</html>\n",
        language.tag(),
        escaped(title),
        svg::STYLE,
    )
}

/// A picture at its size in points, in the colours that the reader prefers.
fn picture(language: Language, file: &str, text: &str) -> String {
    let name = file.strip_suffix(".png").unwrap_or(file);
    let png = picture_file(language, name, false);
    let size = png.and_then(picture_pixels).map_or(String::new(), |pixels| {
        let [width, height] = pixels.map(|it| it as f32 / PICTURE_SCALE);
        format!(" width=\"{width}\" height=\"{height}\"")
    });
    let (name, text) = (escaped(name), escaped(text));
    format!(
        "<picture><source srcset=\"{name}-dark.png\" media=\"(prefers-color-scheme:dark)\">\
         <img src=\"{name}.png\" alt=\"{text}\"{size}></picture>"
    )
}

/// The page, its links to files of this kind; those into the window are words here.
fn events(markdown: &str, language: Language) -> impl Iterator<Item = Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let (mut is_link, mut is_wide) = (false, false);
    let (mut image, mut diagram) = (None, None);
    Parser::new_ext(markdown, options).filter_map(move |event| match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let Some(ManualLink::Page(page, heading)) = ManualLink::of(&dest_url) else {
                return None;
            };
            is_link = true;
            let heading = if heading.is_empty() { heading } else { format!("#{heading}") };
            let dest_url = CowStr::from(format!("{page}.html{heading}"));
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::End(TagEnd::Link) => {
            std::mem::take(&mut is_link).then_some(Event::End(TagEnd::Link))
        }
        Event::Start(Tag::Image { dest_url, .. }) => {
            image = Some((dest_url, String::new()));
            None
        }
        Event::End(TagEnd::Image) => {
            let (file, text) = image.take()?;
            Some(Event::InlineHtml(picture(language, &file, &text).into()))
        }
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if &*kind == "sequence" => {
            diagram = Some(String::new());
            None
        }
        Event::End(TagEnd::CodeBlock) if diagram.is_some() => {
            let drawn = Sequence::of(&diagram.take()?).as_ref().map(svg::diagram);
            drawn.map(|svg| Event::Html(svg.into()))
        }
        // Lines of Chinese are joined without a space, as they are written.
        Event::SoftBreak => (!is_wide).then_some(Event::SoftBreak),
        Event::Text(text) | Event::Code(text) if image.is_some() || diagram.is_some() => {
            let part = image.as_mut().map(|(_, words)| words).or(diagram.as_mut())?;
            part.push_str(&text);
            None
        }
        other => {
            is_wide = matches!(&other, Event::Text(text) if text.ends_with(|it| it >= '\u{2E80}'));
            Some(other)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_chinese_are_joined_without_a_space() {
        let mut text = String::new();
        pulldown_cmark::html::push_html(
            &mut text,
            events("一行，\n又一行 and\nmore", Language::Chinese),
        );
        assert_eq!(text, "<p>一行，又一行 and\nmore</p>\n");
    }

    #[test]
    fn links_lead_to_files_and_those_into_the_window_are_words() {
        let mut text = String::new();
        let page = "See [reset](tcp.md#reset) and [the settings](espalier:settings).";
        pulldown_cmark::html::push_html(&mut text, events(page, Language::English));
        assert_eq!(
            text.trim(),
            "<p>See <a href=\"tcp.html#reset\">reset</a> and the settings.</p>"
        );
    }

    #[test]
    fn pictures_have_their_size_and_diagrams_are_drawn() {
        let mut text = String::new();
        let page = "![The \"board\" `x`](board.png)\n\n```sequence\na | b\n-> SYN\n```\n\nafter\n";
        pulldown_cmark::html::push_html(&mut text, events(page, Language::English));
        let image = "<img src=\"board.png\" alt=\"The &quot;board&quot; x\" width=\"";
        assert!(text.contains(image) && text.contains("<svg"), "{text}");
        assert!(text.ends_with("</svg>\n<p>after</p>\n"), "{text}");
    }
}
