//! Small edits of a manifest's text that leave every other line as it is.
//!
//! An edit works on the text alone and may be wrong about what it means: whoever makes one loads the result and
//! looks. Where the text has a form that is not known here (an alias, an anchor, text on several lines), there is
//! no edit.

use super::scan::scan;
use super::tree::{Child, Entry, Node, Tree};
use crate::diagnostic::{KeyPath, On, Span};
use crate::model::Column;

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Writes `columns: {COLUMN: full}` in the mapping at a path.
    Full(KeyPath, Column),
    /// Adds an entry, in flow form, to the list of this key of the mapping at a path.
    Add(KeyPath, &'static str, String),
    /// Removes an entry of the list at a path; with its last entry the list goes, too.
    Remove(KeyPath, usize),
}

/// The text after an edit.
pub fn edit(text: &str, edit: &Edit) -> Option<String> {
    let (mark, text) = match text.strip_prefix('\u{feff}') {
        Some(text) => ("\u{feff}", text),
        None => ("", text),
    };
    let tree = scan(text).tree?;
    let editor = Editor { text, tree: &tree };
    let edited = match edit {
        Edit::Full(entry, column) => editor.full(entry, *column),
        Edit::Add(owner, list, entry) => editor.add(owner, list, entry),
        Edit::Remove(list, index) => editor.remove(list, *index),
    }?;
    Some(format!("{mark}{edited}"))
}

struct Editor<'a> {
    text: &'a str,
    tree: &'a Tree,
}

impl Editor<'_> {
    fn full(&self, entry: &KeyPath, column: Column) -> Option<String> {
        let columns = entry.key("columns");
        let level = columns.key(column.key());
        if let Some(value) = self.tree.child(&level) {
            let Node::Scalar { extent, .. } = self.tree.node(value.node)? else { return None };
            return self.replace(extent.start, extent.end, "full");
        }
        if self.tree.has(&columns) {
            return self.put(&columns, &format!("{}: full", column.key()));
        }
        self.put(entry, &format!("columns: {{{}: full}}", column.key()))
    }

    fn add(&self, owner: &KeyPath, key: &str, entry: &str) -> Option<String> {
        let path = owner.key(key);
        let Some(entries) = self.tree.child(&path) else {
            let key_column = self.tree.place(owner, On::Value)?.column;
            let pair = if self.is_flow(self.tree.child(owner)?)? {
                format!("{key}: [{entry}]")
            } else {
                format!("{key}:\n{:indent$}- {entry}", "", indent = key_column + 1)
            };
            return self.put(owner, &pair);
        };
        let Node::List(items) = self.tree.node(entries.node)? else { return None };
        if self.is_flow(entries)? {
            return match items.last() {
                Some(item) => {
                    let end = self.end(*item)?;
                    self.replace(end, end, &format!(", {entry}"))
                }
                None => self.replace(entries.span.start + 1, entries.span.start + 1, entry),
            };
        }
        let item = *items.last()?;
        let dash = self.dash(item.span)?;
        let indent = dash - self.line_start(dash);
        self.after_line(self.end(item)?, &format!("{:indent$}- {entry}", ""))
    }

    /// Adds a key with its value to the mapping at a path.
    fn put(&self, path: &KeyPath, pair: &str) -> Option<String> {
        let map = self.tree.child(path)?;
        let Node::Map(entries) = self.tree.node(map.node)? else { return None };
        let last = entries.kept().last();
        if self.is_flow(map)? {
            return match last {
                Some(last) => {
                    let end = self.end(last.value)?;
                    self.replace(end, end, &format!(", {pair}"))
                }
                None => self.replace(map.span.start + 1, map.span.start + 1, pair),
            };
        }
        let last = last?;
        let indent = last.key_span.column - 1;
        self.after_line(self.end(last.value)?, &format!("{:indent$}{pair}", ""))
    }

    fn remove(&self, path: &KeyPath, index: usize) -> Option<String> {
        let list = self.tree.child(path)?;
        let Node::List(items) = self.tree.node(list.node)? else { return None };
        if items.len() == 1 {
            return self.without_key(path);
        }
        let item = *items.get(index)?;
        let end = self.end(item)?;
        if self.is_flow(list)? {
            return match items.get(index + 1) {
                Some(next) => self.replace(item.span.start, next.span.start, ""),
                None => self.replace(self.end(*items.get(index - 1)?)?, end, ""),
            };
        }
        let dash = self.dash(item.span)?;
        self.replace(self.line_start(dash), self.line_end(end), "")
    }

    /// Takes a key and its value out of its mapping.
    fn without_key(&self, path: &KeyPath) -> Option<String> {
        let (above, key) = path.split()?;
        let map = self.tree.child(&above)?;
        let Node::Map(entries) = self.tree.node(map.node)? else { return None };
        let entries: Vec<&Entry> = entries.kept().collect();
        let at = entries.iter().position(|entry| entry.key == key)?;
        let entry = entries.get(at)?;
        let end = self.end(entry.value)?;
        if self.is_flow(map)? {
            return match (at.checked_sub(1).and_then(|at| entries.get(at)), entries.get(at + 1)) {
                (Some(before), _) => self.replace(self.end(before.value)?, end, ""),
                (None, Some(next)) => self.replace(entry.key_span.start, next.key_span.start, ""),
                (None, None) => None,
            };
        }
        let start = self.line_start(entry.key_span.start);
        // A key behind a dash shares its line with the entry.
        let is_alone = self.text.get(start..entry.key_span.start)?.trim().is_empty();
        if is_alone { self.replace(start, self.line_end(end), "") } else { None }
    }

    /// Whether a list or mapping is written in braces; `None` where it is an alias or has an anchor.
    fn is_flow(&self, value: Child) -> Option<bool> {
        match self.text.get(value.span.start..)?.chars().next()? {
            '{' | '[' => Some(true),
            '*' | '&' | '!' => None,
            _ => Some(false),
        }
    }

    /// One past the last byte of a value.
    fn end(&self, value: Child) -> Option<usize> {
        let last = match self.tree.node(value.node)? {
            Node::Scalar { extent, .. } => {
                let is_here = extent.start == value.span.start;
                // Text on several lines ends where its parser says, and that may be the next line.
                let is_line = !self.text.get(extent.clone())?.contains('\n');
                return (is_here && is_line).then_some(extent.end);
            }
            Node::List(items) => items.last().copied(),
            Node::Map(map) => map.kept().last().map(|entry| entry.value),
        };
        let is_flow = self.is_flow(value)?;
        let inner = match last {
            Some(last) => self.end(last)?,
            None => value.span.start + 1,
        };
        if !is_flow {
            return Some(inner);
        }
        let rest = self.text.get(inner..)?;
        let close = rest.find(|c: char| !c.is_whitespace() && c != ',')?;
        rest.get(close..)?.starts_with(['}', ']']).then_some(inner + close + 1)
    }

    /// The dash before an entry of a block list.
    fn dash(&self, item: Span) -> Option<usize> {
        let start = self.line_start(item.start);
        let before = self.text.get(start..item.start)?;
        let dash = before.rfind('-')?;
        let is_dash = before.trim() == "-";
        is_dash.then_some(start + dash)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
    }

    /// One past the line break of the line of a place.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text.get(at..).and_then(|rest| rest.find('\n'));
        end.map_or(self.text.len(), |end| at + end + 1)
    }

    fn after_line(&self, at: usize, line: &str) -> Option<String> {
        let end = self.line_end(at);
        let before = self.text.get(..end)?;
        let line = match (before.ends_with("\r\n"), before.ends_with('\n')) {
            (true, _) => format!("{}\r\n", line.replace('\n', "\r\n")),
            (false, true) => format!("{line}\n"),
            (false, false) => format!("\n{line}"),
        };
        self.replace(end, end, &line)
    }

    fn replace(&self, start: usize, end: usize, new: &str) -> Option<String> {
        Some([self.text.get(..start)?, new, self.text.get(end..)?].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> KeyPath {
        text.split('.').fold(KeyPath::root(), |path, word| match word.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(word),
        })
    }

    #[track_caller]
    fn assert_edit(before: &str, one: &Edit, after: &str) {
        assert_eq!(edit(before, one).as_deref(), Some(after), "{before}");
    }

    #[test]
    fn a_level_is_written_where_it_stands_or_added_in_the_form_that_is_there() {
        let labs = Edit::Full(path("p.0"), Column::Labs);
        let cases = [
            (
                "p: [{id: 1, columns: {labs: none, emr: full}}]\n",
                "p: [{id: 1, columns: {labs: full, emr: full}}]\n",
            ),
            (
                "p: [{id: 1, columns: {emr: full} }]\n",
                "p: [{id: 1, columns: {emr: full, labs: full} }]\n",
            ),
            ("p: [{id: 1}]", "p: [{id: 1, columns: {labs: full}}]"),
            (
                "p:\n  - id: 1\n    columns:\n      emr: full # why\nq: 1\n",
                "p:\n  - id: 1\n    columns:\n      emr: full # why\n      labs: full\nq: 1\n",
            ),
            ("p:\n- id: 1\nq: 1\n", "p:\n- id: 1\n  columns: {labs: full}\nq: 1\n"),
            ("p:\n- id: 1", "p:\n- id: 1\n  columns: {labs: full}"),
            ("\u{feff}p: [{columns: {}}]\n", "\u{feff}p: [{columns: {labs: full}}]\n"),
        ];
        for (before, after) in cases {
            assert_edit(before, &labs, after);
        }
    }

    #[test]
    fn an_entry_is_added_to_a_list_of_either_form_or_with_its_list() {
        let add = Edit::Add(path("u.0"), "offices", "{id: 2}".to_owned());
        let cases = [
            ("u: [{profile: ocean}]\n", "u: [{profile: ocean, offices: [{id: 2}]}]\n"),
            ("u:\n  - profile: ocean\n", "u:\n  - profile: ocean\n    offices:\n      - {id: 2}\n"),
            (
                "u:\n  - offices:\n      - id: 1\n        x: [1, 2]\n    z: 1\n",
                "u:\n  - offices:\n      - id: 1\n        x: [1, 2]\n      - {id: 2}\n    z: 1\n",
            ),
            ("u:\n  - offices: [{id: 1}]\n", "u:\n  - offices: [{id: 1}, {id: 2}]\n"),
            ("u:\n  - offices: []\n", "u:\n  - offices: [{id: 2}]\n"),
        ];
        for (before, after) in cases {
            assert_edit(before, &add, after);
        }
    }

    #[test]
    fn an_entry_is_removed_and_its_list_with_the_last() {
        let cases = [
            (
                0,
                "u:\n  - x: 1\n    except: [{id: 1}, {id: 2}]\n",
                "u:\n  - x: 1\n    except: [{id: 2}]\n",
            ),
            (
                1,
                "u:\n  - x: 1\n    except: [{id: 1}, {id: 2}]\n",
                "u:\n  - x: 1\n    except: [{id: 1}]\n",
            ),
            (0, "u:\n  - x: 1\n    except: [{id: 1}]\n    y: 2\n", "u:\n  - x: 1\n    y: 2\n"),
            (0, "u: [{x: 1, except: [{id: 1}]}]\n", "u: [{x: 1}]\n"),
            (
                1,
                "u:\n  - x: 1\n    except:\n      - id: 1\n      - id: 2\n        name: B\n    y: 2\n",
                "u:\n  - x: 1\n    except:\n      - id: 1\n    y: 2\n",
            ),
        ];
        for (index, before, after) in cases {
            assert_edit(before, &Edit::Remove(path("u.0.except"), index), after);
        }
    }

    #[test]
    fn what_is_not_understood_is_not_edited() {
        for text in [
            "a: &a {id: 1}\np: [*a]\n",
            "p: [{id: 1, reason: >-\n  long\n  text}]\n",
            "p: 1\n",
            "p: [{\n",
        ] {
            assert_eq!(edit(text, &Edit::Full(path("p.0"), Column::Labs)), None, "{text}");
        }
    }
}
