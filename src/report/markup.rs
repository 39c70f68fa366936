//! Makes foreign text harmless in HTML, XML and Markdown: a provider's name may hold markup, a link, a
//! mention, or what a terminal would act on.

use std::fmt::Write as _;

use super::escape::escape;

/// Text for the content and the quoted attributes of HTML and XML. Nothing that a terminal would act
/// on is left raw, nor anything that XML cannot carry.
pub(super) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for character in escape(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ if is_noncharacter(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// Text for a line of Markdown, a table cell included. What could be markup becomes a character
/// reference, which never is.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    let mut last = ' ';
    let text = escape(text);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_markup = match character {
            // `->` is an arrow.
            '>' => last != '-',
            // `www.` and `https:` begin links.
            '.' => matches!(last, 'w' | 'W'),
            ':' => characters.peek() == Some(&'/'),
            _ => "\\`*_{}[]<&#|~!$@\"^=".contains(character),
        };
        if is_markup {
            // Writing to a String cannot fail.
            let _ = write!(safe, "&#{};", u32::from(character));
        } else if is_noncharacter(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        last = character;
    }
    safe
}

/// A name from elsewhere in Markdown: as code, in which nobody is mentioned and nothing linked.
pub(super) fn name(text: &str) -> String {
    format!("<code>{}</code>", markdown(text))
}

fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_a_name_is_text() {
        assert_eq!(
            html("<b title=\"a\" x='b'>&\u{1b}\u{fffe}"),
            r"&lt;b title=&quot;a&quot; x=&#39;b&#39;&gt;&amp;\u{1b}\u{fffe}"
        );
        assert_eq!(
            markdown("a|b\\|c `d` <e> none -> full"),
            "a&#124;b&#92;&#124;c &#96;d&#96; &#60;e&#62; none -> full"
        );
        assert_eq!(
            markdown("@team #12 https://x www.y a@b"),
            "&#64;team &#35;12 https&#58;//x www&#46;y a&#64;b"
        );
        assert_eq!(markdown("a\nb\u{202e}"), "a&#92;u&#123;a&#125;b&#92;u&#123;202e&#125;");
        assert_eq!(name("Singh, Anita (1042)"), "<code>Singh, Anita (1042)</code>");
    }
}
