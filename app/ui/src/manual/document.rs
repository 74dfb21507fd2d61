//! From Markdown to what is drawn.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::pages::PAGES;
use super::pictures::PICTURES;
use super::sequence::Sequence;
use crate::command::UiCommand;

/// A part of a page that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading; 1 is the title of the page.
    Heading {
        /// 1 to 6.
        level: u8,
        /// What links call it; empty: nothing.
        id: String,
        /// Its words.
        text: Vec<ManualSpan>,
    },
    /// A paragraph.
    Text(Vec<ManualSpan>),
    /// An item of a list.
    Item {
        /// How far it is indented, from 0.
        depth: usize,
        /// What stands before it.
        mark: String,
        /// Its words.
        text: Vec<ManualSpan>,
    },
    /// What is shown as it is.
    Code {
        /// What is written in it; `sh`: commands.
        language: String,
        /// Its lines.
        text: String,
    },
    /// A table: its rows, the heading first.
    Table(Vec<Vec<Vec<ManualSpan>>>),
    /// What two ends sent each other.
    Sequence(Sequence),
    /// A picture of the window.
    Picture {
        /// One of [`PICTURES`].
        name: &'static str,
        /// What it shows, for those who do not see it.
        text: String,
    },
}

impl Block {
    /// All that can be read in it, of a table the rows one below the other.
    pub fn text(&self) -> String {
        match self {
            Self::Heading { text, .. } | Self::Text(text) | Self::Item { text, .. } => plain(text),
            Self::Code { text, .. } | Self::Picture { text, .. } => text.clone(),
            Self::Sequence(diagram) => diagram.text(),
            Self::Table(rows) => rows.iter().map(|row| row_text(row) + "\n").collect(),
        }
    }
}

/// All that can be read in a row.
pub(super) fn row_text(row: &[Vec<ManualSpan>]) -> String {
    row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join("  ")
}

fn plain(spans: &[ManualSpan]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// Words that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualSpan {
    /// The words.
    pub text: String,
    /// How they look.
    pub style: SpanStyle,
    /// Where a click leads.
    pub link: Option<ManualLink>,
}

/// How words look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanStyle {
    /// As words do.
    #[default]
    Plain,
    /// A label of the window.
    Label,
    /// Said with weight.
    Emphasis,
    /// What is typed, or stands in a file.
    Code,
}

/// Where a click leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManualLink {
    /// To a page, and the heading of this id.
    Page(&'static str, String),
    /// To the place in the window.
    Command(UiCommand),
}

impl ManualLink {
    /// What a link in the Markdown of a page means; `None`: nothing that there is.
    pub fn of(target: &str) -> Option<Self> {
        if let Some(name) = target.strip_prefix("espalier:") {
            let is_meant = |command: &&UiCommand| {
                let key = command.key();
                key == name || key.strip_prefix("command-") == Some(name)
            };
            return UiCommand::ALL.iter().find(is_meant).copied().map(Self::Command);
        }
        let (file, id) = target.split_once('#').unwrap_or((target, ""));
        let name = file.strip_suffix(".md")?;
        let page = PAGES.iter().find(|page| **page == name)?;
        Some(Self::Page(page, id.to_owned()))
    }
}

/// Which picture a page means by this file; `None`: none that there is.
fn picture(file: &str) -> Option<&'static str> {
    let name = file.strip_suffix(".png")?;
    PICTURES.iter().find(|known| **known == name).copied()
}

/// The blocks of a page.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, options) {
        reader.take(event);
    }
    reader.flush();
    reader.blocks
}

/// What is known while a page is read.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// The words of what is being read.
    spans: Vec<ManualSpan>,
    style: SpanStyle,
    link: Option<ManualLink>,
    heading: Option<(u8, String)>,
    /// Of each list around here: the number of its next item, if it has numbers.
    lists: Vec<Option<u64>>,
    /// What stands before the item that has begun, until its first words are taken.
    mark: Option<String>,
    code: Option<(String, String)>,
    table: Option<Vec<Vec<Vec<ManualSpan>>>>,
    /// The picture whose words are being read.
    picture: Option<&'static str>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.words(&text, self.style),
            },
            Event::Code(text) => self.words(&text, SpanStyle::Code),
            Event::SoftBreak => self.words(" ", self.style),
            Event::HardBreak => self.words("\n", self.style),
            _ => {}
        }
    }

    fn words(&mut self, text: &str, style: SpanStyle) {
        // Lines of Chinese are joined without a space, as they are written.
        if text == " " && self.spans.last().is_some_and(|span| ends_wide(&span.text)) {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.style == style && last.link == self.link => last.text.push_str(text),
            _ => self.spans.push(ManualSpan {
                text: text.to_owned(),
                style,
                link: self.link.clone(),
            }),
        }
    }

    fn begin(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, id, .. } => {
                let id = id.map(|id| id.to_string()).unwrap_or_default();
                self.heading = Some((level_of(level), id));
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.mark = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "•".to_owned(),
                });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::Table(_) => self.table = Some(Vec::new()),
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Strong => self.style = SpanStyle::Label,
            Tag::Emphasis => self.style = SpanStyle::Emphasis,
            Tag::Image { dest_url, .. } => {
                self.flush();
                self.picture = picture(&dest_url);
            }
            Tag::Link { dest_url, .. } => self.link = ManualLink::of(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let (level, id) = self.heading.take().unwrap_or_default();
                let text = std::mem::take(&mut self.spans);
                self.blocks.push(Block::Heading { level, id, text });
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                if let Some((language, text)) = self.code.take() {
                    let diagram = Sequence::of(&text).filter(|_| language == "sequence");
                    let text = text.trim_end().to_owned();
                    let code = Block::Code { language, text };
                    self.blocks.push(diagram.map_or(code, Block::Sequence));
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.blocks.extend(self.table.take().map(Block::Table)),
            TagEnd::Strong | TagEnd::Emphasis => self.style = SpanStyle::Plain,
            TagEnd::Link => self.link = None,
            TagEnd::Image => {
                let text = plain(&std::mem::take(&mut self.spans));
                self.blocks.extend(self.picture.take().map(|name| Block::Picture { name, text }));
            }
            _ => {}
        }
    }

    /// What was read becomes a block.
    fn flush(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.spans);
        let block = match self.lists.len().checked_sub(1) {
            Some(depth) => Block::Item { depth, mark: self.mark.take().unwrap_or_default(), text },
            None => Block::Text(text),
        };
        self.blocks.push(block);
    }
}

/// Whether a line of Chinese ends so.
fn ends_wide(text: &str) -> bool {
    text.chars().next_back().is_some_and(|last| last >= '\u{2E80}')
}

const fn level_of(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, style: SpanStyle) -> ManualSpan {
        ManualSpan { text: text.to_owned(), style, link: None }
    }

    #[test]
    fn a_page_is_read_block_by_block() {
        let page = "# T {#top}\n\nWords **Go** and `x`.\n\n1. one\n2. two\n\n```sh\nespalier ports\n```\n\n| a | b |\n| --- | --- |\n| c | `d` |\n";
        let read = blocks(page);
        let plain = SpanStyle::Plain;
        assert_eq!(
            read[0],
            Block::Heading { level: 1, id: "top".to_owned(), text: vec![span("T", plain)] }
        );
        let words = [("Words ", plain), ("Go", SpanStyle::Label), (" and ", plain)];
        let more = [("x", SpanStyle::Code), (".", plain)];
        let spans = words.iter().chain(&more).map(|(text, style)| span(text, *style)).collect();
        assert_eq!(read[1], Block::Text(spans));
        let marks: Vec<&str> = read
            .iter()
            .filter_map(|it| match it {
                Block::Item { mark, .. } => Some(mark.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(marks, ["1.", "2."]);
        assert_eq!(
            read[4],
            Block::Code { language: "sh".to_owned(), text: "espalier ports".to_owned() }
        );
        let Some(Block::Table(rows)) = read.get(5) else { panic!("{read:?}") };
        assert_eq!(rows.len(), 2);
        assert_eq!(row_text(&rows[1]), "c  d");
    }

    #[test]
    fn pictures_and_diagrams_stand_by_themselves() {
        let page = "![The board](board.png)\n\n![x](nowhere.png)\n\n```sequence\na | b\n-> SYN\n```\n\n```sequence\nno\n```\n";
        let read = blocks(page);
        assert_eq!(read[0], Block::Picture { name: "board", text: "The board".to_owned() });
        assert_eq!(read[1].text(), "a → b: SYN");
        let code = Block::Code { language: "sequence".to_owned(), text: "no".to_owned() };
        assert_eq!(read[2..], [code]);
    }

    #[test]
    fn lines_of_chinese_are_joined_without_a_space() {
        assert_eq!(blocks("一行，\n又一行\n")[0].text(), "一行，又一行");
        assert_eq!(blocks("one\ntwo\n")[0].text(), "one two");
    }

    #[test]
    fn links_lead_to_pages_and_commands_alone() {
        assert_eq!(
            ManualLink::of("tcp.md#reset"),
            Some(ManualLink::Page("tcp", "reset".to_owned()))
        );
        assert_eq!(
            ManualLink::of("espalier:settings"),
            Some(ManualLink::Command(UiCommand::Settings))
        );
        for nothing in ["https://example.com", "nowhere.md", "espalier:nothing", "tcp"] {
            assert_eq!(ManualLink::of(nothing), None, "{nothing}");
        }
    }
}
