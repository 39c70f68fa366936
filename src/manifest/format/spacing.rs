//! The spaces of one line: one after `:` and `,`, none inside braces, none at the end.

use super::pieces::{Pieces, Style};

/// Writes the part of `text` from `start` to `end`, which lie in one line, as it should be.
pub(super) fn spaced(text: &str, (start, end): (usize, usize), pieces: &Pieces) -> String {
    let mut line = Line { out: String::new(), space: false };
    let mut at = start;
    while at < end {
        if let Some((from, piece)) = pieces.scalars.range(..=at).next_back()
            && at < piece.range.end
        {
            let stop = piece.range.end.min(end);
            let written = text.get(at..stop).unwrap_or_default();
            line.token(&match piece.style {
                Style::Single if at == *from && stop == piece.range.end => in_double(written),
                Style::Plain => written.trim_end().to_owned(),
                Style::Single | Style::Double | Style::Block => written.to_owned(),
            });
            at = stop;
            continue;
        }
        let rest = text.get(at..end).unwrap_or_default();
        let Some(next) = rest.chars().next() else { break };
        let token = match next {
            ' ' | '\t' => {
                let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let after = rest.get(gap..).unwrap_or_default();
                if after.starts_with('#') {
                    // The distance may line comments up.
                    line.comment(gap, after);
                    break;
                }
                line.space = true;
                at += gap;
                continue;
            }
            '#' if at == start => {
                line.comment(0, rest);
                break;
            }
            '&' | '*' | '!' => {
                let long = rest.find([' ', '\t', ',', '[', ']', '{', '}']).unwrap_or(rest.len());
                rest.get(..long).unwrap_or_default()
            }
            other => rest.get(..other.len_utf8()).unwrap_or_default(),
        };
        line.punctuation(token);
        at += token.len();
    }
    line.out
}

/// A quoted text with double quotes, where that is the same text.
fn in_double(written: &str) -> String {
    let inner = written.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    match inner {
        Some(inner) if !inner.contains(['\'', '"', '\\']) => format!("\"{inner}\""),
        Some(_) | None => written.to_owned(),
    }
}

struct Line {
    out: String,
    /// A space is due before the next token.
    space: bool,
}

impl Line {
    fn token(&mut self, token: &str) {
        if self.space && !self.out.is_empty() && !self.out.ends_with(['[', '{']) {
            self.out.push(' ');
        }
        self.space = false;
        self.out.push_str(token);
    }

    fn punctuation(&mut self, token: &str) {
        match token {
            "," | ":" => {
                if self.out.ends_with(':') {
                    self.out.push(' ');
                }
                self.out.push_str(token);
                self.space = true;
            }
            "]" | "}" => {
                // Behind an empty value: `{id:}` is a key to some readers of YAML and a text to others.
                if self.out.ends_with(':') {
                    self.out.push(' ');
                }
                self.space = false;
                self.out.push_str(token);
            }
            "[" | "{" => {
                self.token(token);
            }
            other => self.token(other),
        }
    }

    fn comment(&mut self, gap: usize, comment: &str) {
        let gap = if self.out.is_empty() { 0 } else { gap.max(1) };
        self.out.push_str(&" ".repeat(gap));
        self.out.push_str(comment.trim_end());
        self.space = false;
    }
}
