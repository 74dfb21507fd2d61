//! Texts that come as English: sentences of ours that were written into a capture or an error, and what the system says.
//!
//! A capture holds English whatever the window speaks, and an error is put together from sentences. So a text is looked up by
//! the English sentence that it is an instance of.

use super::{Language, Locale, system};

/// How deep sentences stand in sentences at most; what is deeper stays English.
const DEPTH: usize = 4;
/// Where a text may be cut into what and why, and the most bytes that are looked at.
const COLONS: usize = 6;
const LONGEST: usize = 2048;
/// Words in a sentence are names more often than sentences: they are looked up when as much as this of them is fixed.
const SAYING: usize = 6;

/// Words of a text by their names in the sentence that it is an instance of.
type Words<'a> = Vec<(&'a str, &'a str)>;

/// A sentence of ours: what stands between its words, and the names of these.
#[derive(Debug)]
pub(super) struct SentencePattern {
    key: String,
    start: String,
    /// The name of each word, and the text behind it.
    words: Vec<(String, String)>,
}

impl SentencePattern {
    /// Of a message; one that looks at numbers counts as what it says by default, which is how the English is written.
    pub(super) fn of(message: &fluent_syntax::ast::Message<&str>) -> Option<Self> {
        let key = message.id.name.to_owned();
        let mut pattern = Self { key, start: String::new(), words: Vec::new() };
        pattern.add(&message.value.as_ref()?.elements)?;
        Some(pattern)
    }

    fn add(&mut self, elements: &[fluent_syntax::ast::PatternElement<&str>]) -> Option<()> {
        use fluent_syntax::ast::{Expression, InlineExpression, PatternElement};
        for element in elements {
            let literal = match element {
                PatternElement::TextElement { value } => *value,
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::StringLiteral { value }),
                } => *value,
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => {
                    self.words.push((id.name.to_owned(), String::new()));
                    continue;
                }
                PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                    let default = variants.iter().find(|variant| variant.default)?;
                    self.add(&default.value.elements)?;
                    continue;
                }
                PatternElement::Placeable { .. } => return None,
            };
            let last = self.words.last_mut();
            last.map_or(&mut self.start, |(_, behind)| behind).push_str(literal);
        }
        Some(())
    }

    /// How much of it is fixed: of several that fit, the one that says most itself is meant.
    pub(super) fn weight(&self) -> usize {
        self.start.len() + self.words.iter().map(|(_, behind)| behind.len()).sum::<usize>()
    }

    /// The words of a text that is an instance of this sentence.
    fn words<'a>(&'a self, text: &'a str) -> Option<Words<'a>> {
        let mut rest = text.strip_prefix(self.start.as_str())?;
        let mut found = Vec::with_capacity(self.words.len());
        for (at, (name, behind)) in self.words.iter().enumerate() {
            let last = at + 1 == self.words.len();
            let end = match (last, behind.is_empty()) {
                (true, _) => rest.strip_suffix(behind.as_str())?.len(),
                (false, true) => return None,
                (false, false) => rest.find(behind.as_str())?,
            };
            if end == 0 {
                return None;
            }
            found.push((name.as_str(), &rest[..end]));
            rest = &rest[end + behind.len()..];
        }
        rest.is_empty().then_some(found)
    }
}

impl Locale {
    /// An English text in this language, as far as it is known; what is not known stays as it is. The system's own words stand
    /// behind ours.
    pub fn translate(&self, text: &str) -> String {
        match self.language() {
            Language::English => text.to_owned(),
            Language::Chinese => self.known(text, 0).unwrap_or_else(|| text.to_owned()),
        }
    }

    fn known(&self, text: &str, depth: usize) -> Option<String> {
        if depth == DEPTH || text.is_empty() || text.len() > LONGEST {
            return None;
        }
        self.simple(text, depth)
            .or_else(|| self.listed(text, depth))
            .or_else(|| self.led(text, depth))
    }

    fn simple(&self, text: &str, depth: usize) -> Option<String> {
        self.instance(text, depth).or_else(|| self.of_system(text))
    }

    /// The sentence of ours that a text is an instance of, and the words in it.
    fn meant<'a>(&'a self, text: &'a str, depth: usize) -> Option<(&'a str, Words<'a>)> {
        let enough = if depth > 0 { SAYING } else { 1 };
        self.patterns().iter().find_map(|pattern| {
            let words = pattern.words(text)?;
            let is_meant = pattern.weight() >= enough && self.plain.contains_key(&pattern.key);
            is_meant.then_some((pattern.key.as_str(), words))
        })
    }

    /// A sentence of ours with the words in it.
    fn instance(&self, text: &str, depth: usize) -> Option<String> {
        let (key, words) = self.meant(text, depth)?;
        let mut arguments = fluent_bundle::FluentArgs::with_capacity(words.len());
        for (name, word) in words {
            match super::count(name, word) {
                Some(count) => arguments.set(name, count),
                None => {
                    let word = self.known(word, depth + 1).unwrap_or_else(|| word.to_owned());
                    arguments.set(name, word);
                }
            }
        }
        Some(self.format(key, Some(&arguments)))
    }

    /// The keys of the sentences that an English text is made of, of the system's too, the outermost first.
    pub fn keys_of<'a>(&'a self, text: &'a str) -> Vec<&'a str> {
        let mut keys = Vec::new();
        self.gather(text, 0, &mut keys);
        keys
    }

    fn gather<'a>(&'a self, text: &'a str, depth: usize, keys: &mut Vec<&'a str>) {
        if depth == DEPTH || text.is_empty() || text.len() > LONGEST {
            return;
        }
        if let Some((key, words)) = self.meant(text, depth) {
            keys.push(key);
            return words.iter().for_each(|(_, word)| self.gather(word, depth + 1, keys));
        }
        if let Some(key) = system::key(text) {
            return keys.push(key);
        }
        let before = keys.len();
        if text.contains("; ") {
            text.split("; ").for_each(|part| self.gather(part, depth + 1, keys));
        }
        // As a text is translated: cut where anything is known of what is before and behind.
        for (at, between) in text.match_indices(": ").take(COLONS) {
            if keys.len() > before {
                return;
            }
            self.gather(&text[..at], depth + 1, keys);
            self.gather(&text[at + between.len()..], depth + 1, keys);
        }
    }

    fn of_system(&self, text: &str) -> Option<String> {
        let what = self.text(system::key(text)?);
        Some(self.with("system-said", [("what", what.into()), ("system", text.into())]))
    }

    /// Several texts, some of which are known.
    fn listed(&self, text: &str, depth: usize) -> Option<String> {
        let parts: Vec<_> = text.split("; ").collect();
        let known: Vec<_> = parts.iter().map(|part| self.known(part, depth + 1)).collect();
        if parts.len() < 2 || known.iter().all(Option::is_none) {
            return None;
        }
        let told = known.into_iter().zip(parts);
        let told: Vec<_> = told.map(|(known, part)| known.unwrap_or_else(|| part.into())).collect();
        Some(told.join("；"))
    }

    /// What failed, and why: one of them is known.
    fn led(&self, text: &str, depth: usize) -> Option<String> {
        text.match_indices(": ").take(COLONS).find_map(|(at, between)| {
            let (head, tail) = (&text[..at], &text[at + between.len()..]);
            let (what, why) = (self.simple(head, depth + 1), self.known(tail, depth + 1));
            if what.is_none() && why.is_none() {
                return None;
            }
            let what = what.unwrap_or_else(|| head.to_owned());
            Some(format!("{what}：{}", why.unwrap_or_else(|| tail.to_owned())))
        })
    }
}
