//! What an editor does with a clinic's own schema: a YAML language server that nobody here wrote, spoken to
//! as editors do, without a network.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::Program;
use super::readers::reader;

const SERVER: &str =
    "yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server";
const PATIENCE: Duration = Duration::from_mins(1);

/// A language server on its standard input and output.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    requests: u64,
    version: u64,
    uri: String,
}

impl Editor {
    fn start(program: &Path, folder: &Path) -> Self {
        let mut server = Command::new("node")
            .arg(program)
            .arg("--stdio")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take().unwrap();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        let (sender, output) = channel();
        thread::spawn(move || {
            while let Some(message) = receive(&mut out) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let uri = format!("file://{}/clinic.yaml", folder.display());
        let mut editor = Self { server, input, output, requests: 0, version: 0, uri };
        let root = format!("file://{}", folder.display());
        editor.request(
            "initialize",
            &json!({
                "processId": null,
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "clinic"}],
                "capabilities": {"workspace": {"configuration": true}},
            }),
        );
        editor.notify("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Asks, and gives the answer.
    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(|message| {
            (message.get("method").is_none() && message["id"] == id)
                .then(|| message["result"].clone())
        })
    }

    /// Answers what the server asks meanwhile.
    fn wait<T>(&mut self, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message = self.output.recv_timeout(left).unwrap();
            if let Some(found) = wanted(&message) {
                return found;
            }
            let (Some(method), Some(id)) = (message["method"].as_str(), message.get("id")) else {
                continue;
            };
            let settings = |item: &Value| match item["section"].as_str() {
                // Without the network: no store of schemas.
                Some("yaml") => json!({
                    "validate": true,
                    "completion": true,
                    "schemaStore": {"enable": false},
                }),
                _ => json!({}),
            };
            let result = match method {
                "workspace/configuration" => {
                    let items = message["params"]["items"].as_array().unwrap();
                    items.iter().map(settings).collect()
                }
                _ => Value::Null,
            };
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
            self.send(&answer);
        }
    }

    /// Shows a text; gives what is underlined once `is` says that it is what is waited for.
    fn shows(&mut self, text: &str, is: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        self.version += 1;
        let (uri, version) = (self.uri.clone(), self.version);
        if version == 1 {
            let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
            self.notify("textDocument/didOpen", &json!({"textDocument": document}));
        } else {
            self.notify(
                "textDocument/didChange",
                &json!({
                    "textDocument": {"uri": uri, "version": version},
                    "contentChanges": [{"text": text}],
                }),
            );
        }
        self.wait(|message| {
            let found = message["params"]["diagnostics"].as_array();
            let found = found.filter(|_| message["method"] == "textDocument/publishDiagnostics");
            found.filter(|found| is(found)).cloned()
        })
    }

    /// What is offered at the end of the line that ends so.
    fn offers(&mut self, text: &str, line_end: &str) -> Vec<(String, String)> {
        let line = text.lines().position(|line| line.ends_with(line_end)).unwrap();
        let column = text.lines().nth(line).unwrap().chars().count();
        let uri = self.uri.clone();
        let result = self.request(
            "textDocument/completion",
            &json!({
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": column},
            }),
        );
        let items = result["items"].as_array().cloned().unwrap_or_default();
        let words = |value: &Value| match value {
            Value::Object(markup) => markup["value"].as_str().unwrap_or_default().to_owned(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let item = |item: &Value| (words(&item["label"]), words(&item["documentation"]));
        items.iter().map(item).collect()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// One message.
fn receive(out: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    out.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

const TEXT: &str = "\
# yaml-language-server: $schema=clinic.schema.json
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
users:
  - profile: ocean
    offices:
      - name: OFFICE
        except:
          - id: PROVIDER
        all_providers: true
";

fn text(office: &str, provider: &str) -> String {
    TEXT.replace("OFFICE", office).replace("PROVIDER", provider)
}

#[test]
fn an_editor_underlines_an_office_that_is_not_there_and_completes_those_that_are() {
    let Some(server) = reader("yaml-language-server", SERVER) else { return };
    let program = Program::with_manifest(text("Main Street", "1042"));
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/world.yaml");
    std::fs::copy(world, program.folder().join("world.yaml")).unwrap();
    let ended = program.run(&["schema", "--live", "clinic.yaml", "--out", "clinic.schema.json"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());

    let mut editor = Editor::start(&server, program.folder());
    let found = editor.shows(&text("Main Stret", "1042"), |found| !found.is_empty());
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(finding["range"]["start"]["line"], 8, "{finding:#}");
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("Main Street") && message.contains("Walk-in"), "{message}");

    let found = editor.shows(&text("Main Street", "4711"), |found| {
        found.iter().any(|finding| finding["range"]["start"]["line"] == 10)
    });
    assert_eq!(found.len(), 1, "the id of nobody: {found:#?}");

    let good = text("Main Street", "1042");
    editor.shows(&good, <[Value]>::is_empty);

    let open = text("", "1042");
    editor.shows(&open, |_| true);
    let offered = editor.offers(&open, "- name: ");
    let labels: Vec<&str> = offered.iter().map(|(label, _)| label.as_str()).collect();
    for office in ["Main Street", "Walk-in", "North Campus", "Online Booking"] {
        assert!(labels.contains(&office), "{office}: {labels:?}");
    }
    assert!(!labels.iter().any(|label| label.contains("Singh")), "no person: {labels:?}");
    let open = text("Main Street", "");
    editor.shows(&open, |_| true);
    let offered = editor.offers(&open, "- id: ");
    let person = offered.iter().find(|(label, _)| label == "1042");
    let (_, words) = person.unwrap_or_else(|| panic!("{offered:?}"));
    assert!(words.contains("Singh, Anita: Main Street, Walk-in"), "{words}");
}
