//! Where each line begins: two spaces for each level, lists below their key included.

use super::pieces::{Piece, Pieces, Style};
use super::spacing::spaced;

const STEP: usize = 2;

/// What a line is.
enum Kind {
    Blank,
    /// Nothing but a comment, outside of flow collections.
    Comment,
    /// `---`, `...` or a directive.
    Marker,
    /// A key, a list item, or a value in a line of its own.
    Entry,
    /// Inside a flow collection or a quoted or plain scalar that began above.
    Inside,
    /// The text of a block scalar.
    Text,
}

/// A block collection that the current line may belong to.
#[derive(Clone, Copy)]
struct Level {
    is_list: bool,
    column: usize,
    new: usize,
}

struct Line {
    start: usize,
    end: usize,
    indent: usize,
    kind: Kind,
    /// Each column of the line where a level begins, and where it goes.
    columns: Vec<(usize, usize)>,
}

/// The text with every line where it belongs and spaced.
pub(super) fn indented(text: &str, pieces: &Pieces) -> String {
    let mut lines = lines(text, pieces);
    let mut levels: Vec<Level> = Vec::new();
    let mut out = vec![String::new(); lines.len()];
    let (mut inside, mut floor, mut block) = (0_i64, 0_usize, 0_i64);
    for (line, out) in lines.iter_mut().zip(&mut out) {
        let whole = text.get(line.start..line.end).unwrap_or_default();
        match line.kind {
            Kind::Blank | Kind::Comment => {}
            Kind::Marker => whole.trim_end().clone_into(out),
            Kind::Text => {
                let content = whole.trim_start_matches(' ');
                let width = moved(whole.len() - content.len(), block);
                *out = " ".repeat(width) + content;
            }
            Kind::Inside => {
                let content = spaced(text, (line.start + line.indent, line.end), pieces);
                let width = moved(line.indent, inside).max(floor);
                if !content.is_empty() {
                    *out = " ".repeat(width) + &content;
                }
            }
            Kind::Entry => {
                let entry = Entry::read(text, line, pieces, &mut levels);
                line.columns.clone_from(&entry.columns);
                inside = distance(entry.content);
                block = match entry.last_list {
                    Some(list) if !entry.has_key => distance(list),
                    Some(_) | None => inside,
                };
                floor = entry.floor;
                *out = entry.text;
            }
        }
    }
    place_comments(text, &lines, &mut out);
    join(&lines, &out)
}

fn distance((from, to): (usize, usize)) -> i64 {
    let signed = |column: usize| i64::try_from(column).unwrap_or(i64::MAX);
    signed(to).saturating_sub(signed(from))
}

fn moved(column: usize, by: i64) -> usize {
    let by_size = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    if by < 0 { column.saturating_sub(by_size) } else { column.saturating_add(by_size) }
}

/// A line that belongs to block collections, written where it belongs.
struct Entry {
    text: String,
    columns: Vec<(usize, usize)>,
    /// The old and the new column behind the dashes.
    content: (usize, usize),
    /// The same of the last dash.
    last_list: Option<(usize, usize)>,
    has_key: bool,
    /// What goes on below must stand at least here.
    floor: usize,
}

impl Entry {
    fn read(text: &str, line: &Line, pieces: &Pieces, levels: &mut Vec<Level>) -> Self {
        let mut columns = Vec::new();
        let mut at = line.start + line.indent;
        let mut last_list = None;
        let mut written = String::new();
        loop {
            let rest = text.get(at..line.end).unwrap_or_default();
            let behind = rest
                .strip_prefix('-')
                .filter(|behind| behind.is_empty() || behind.starts_with([' ', '\t']));
            let is_list = behind.is_some() && !pieces.scalars.contains_key(&at);
            let level = enter(levels, is_list, at - line.start);
            columns.push((level.column, level.new));
            if written.is_empty() {
                written = " ".repeat(level.new);
            }
            let Some(behind) = behind.filter(|_| is_list) else {
                let content = spaced(text, (at, line.end), pieces);
                let below = levels.len().checked_sub(2).and_then(|below| levels.get(below));
                return Self {
                    text: written + &content,
                    columns,
                    content: (level.column, level.new),
                    last_list,
                    has_key: pieces.keys.contains(&at),
                    floor: below.map_or(0, |below| below.new + 1),
                };
            };
            last_list = Some((level.column, level.new));
            let gap = behind.len() - behind.trim_start_matches([' ', '\t']).len();
            let content = behind.trim_start_matches([' ', '\t']);
            if content.is_empty() || content.starts_with('#') {
                let comment = spaced(text, (at + 1, line.end), pieces);
                written.push('-');
                if !comment.is_empty() {
                    written.push_str(&" ".repeat(gap));
                    written.push_str(&comment);
                }
                let place = (level.column, level.new);
                return Self {
                    text: written,
                    columns,
                    content: place,
                    last_list,
                    has_key: false,
                    floor: level.new + 1,
                };
            }
            written.push_str("- ");
            at += 1 + gap;
        }
    }
}

/// The level that something at a column belongs to; levels that it ends are left.
fn enter(levels: &mut Vec<Level>, is_list: bool, column: usize) -> Level {
    while let Some(top) = levels.last()
        && (top.column > column || (top.column == column && top.is_list && !is_list))
    {
        levels.pop();
    }
    if let Some(top) = levels.last()
        && top.column == column
        && top.is_list == is_list
    {
        return *top;
    }
    let new = levels.last().map_or(0, |top| top.new + STEP);
    let level = Level { is_list, column, new };
    levels.push(level);
    level
}

/// Comments stand where the line below stands; behind the last line of a block, where that stands.
fn place_comments(text: &str, lines: &[Line], out: &mut [String]) {
    let mut next = None;
    for (at, line) in lines.iter().enumerate().rev() {
        if matches!(line.kind, Kind::Entry) {
            next = line.columns.first();
        }
        if !matches!(line.kind, Kind::Comment) {
            continue;
        }
        let column = match next {
            Some((from, to)) if line.indent <= *from => *to,
            // A list may stand at this column too; the end of the file is nobody's.
            None if line.indent == 0 => 0,
            Some(_) | None => behind(lines.get(..at).unwrap_or_default(), line.indent),
        };
        let whole = text.get(line.start..line.end).unwrap_or_default().trim();
        if let Some(out) = out.get_mut(at) {
            *out = " ".repeat(column) + whole;
        }
    }
}

/// The new column of a comment that belongs to what stands above it.
fn behind(above: &[Line], column: usize) -> usize {
    let mut nearest = None;
    for line in above.iter().rev().filter(|line| matches!(line.kind, Kind::Entry)) {
        let known = line.columns.iter().rev().find(|(from, _)| *from <= column);
        let Some((from, to)) = known else { continue };
        if *from == column {
            return *to;
        }
        nearest = nearest.or(Some(*to));
    }
    nearest.unwrap_or(0)
}

/// The lines in one text: no blank line at either end, and nowhere two.
fn join(lines: &[Line], out: &[String]) -> String {
    let mut text = String::new();
    let mut blank = false;
    for (line, out) in lines.iter().zip(out) {
        if matches!(line.kind, Kind::Blank) {
            blank = true;
            continue;
        }
        if blank && !text.is_empty() {
            text.push('\n');
        }
        blank = false;
        text.push_str(out);
        text.push('\n');
    }
    text
}

fn lines(text: &str, pieces: &Pieces) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut flows = pieces.flows.iter().peekable();
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let indent = content.len() - content.trim_start_matches([' ', '\t']).len();
        let end = start + content.len();
        while flows.next_if(|flow| flow.end <= start).is_some() {}
        let flow = flows.peek().is_some_and(|flow| flow.start < start);
        let scalar = pieces.scalars.range(..=start).next_back().map(|(_, piece)| piece);
        let scalar = scalar.filter(|piece| {
            start < piece.range.end && (start > piece.range.start || piece.style == Style::Block)
        });
        let rest = content.trim();
        let kind = match scalar {
            Some(Piece { style: Style::Block, .. }) => Kind::Text,
            Some(_) => Kind::Inside,
            None if flow => Kind::Inside,
            None if rest.is_empty() => Kind::Blank,
            None if rest.starts_with('#') => Kind::Comment,
            None if indent == 0
                && ["---", "...", "%"].iter().any(|mark| rest.starts_with(mark)) =>
            {
                Kind::Marker
            }
            None => Kind::Entry,
        };
        lines.push(Line { start, end, indent, kind, columns: Vec::new() });
        start += line.len();
    }
    lines
}
