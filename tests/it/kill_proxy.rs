//! A TCP proxy that knows just enough HTTP/1.1 to tell where one request and one answer end, so
//! that a test can do something at every boundary between a client and the simulator.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The request is here whole; the server has not seen it.
    Before,
    /// The server has answered (or broken the connection); the client has not seen that.
    Handled,
    /// The client has been sent the answer.
    Answered,
}

/// A boundary that is being passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passing {
    /// Which request, from 1, in the order of their arrival since the hook was set.
    pub(crate) request: usize,
    /// `PATCH /rest/…`.
    pub(crate) line: String,
    pub(crate) moment: Moment,
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Pass,
    /// It is thrown away and the connection ends.
    Lose,
    /// A request that is still on its way: it reaches the server just before the next PATCH.
    Delay,
}

type Hook = Box<dyn FnMut(&Passing) -> Then + Send>;

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    gate: Mutex<Gate>,
}

struct Gate {
    requests: usize,
    hook: Hook,
    delayed: Option<Vec<u8>>,
    closed: bool,
}

/// Nothing in these tests takes longer to answer.
const PATIENCE: Duration = Duration::from_mins(1);

impl Proxy {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gate =
            Gate { requests: 0, hook: Box::new(|_| Then::Pass), delayed: None, closed: false };
        let shared = Arc::new(Shared { server, gate: Mutex::new(gate) });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.gate.lock().unwrap().closed {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A connection that breaks is what these tests are about.
                thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls `hook` at every boundary from now on; requests are counted from 1 again.
    pub(crate) fn watch(&self, hook: impl FnMut(&Passing) -> Then + Send + 'static) {
        let mut gate = self.shared.gate.lock().unwrap();
        gate.requests = 0;
        gate.hook = Box::new(hook);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.gate.lock().unwrap().closed = true;
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut client = open(client)?;
        let mut server = open(TcpStream::connect(self.server)?)?;
        while let Some(request) = message(&mut client)? {
            let line = String::from_utf8_lossy(&request);
            let line = line.split(" HTTP/").next().unwrap_or_default().to_owned();
            let mut passing = Passing { request: 0, line, moment: Moment::Before };
            if self.pass(&mut passing, Some(&request)) != Then::Pass {
                break;
            }
            server.get_mut().write_all(&request)?;
            let answer = message(&mut server).ok().flatten();
            passing.moment = Moment::Handled;
            if self.pass(&mut passing, None) != Then::Pass {
                break;
            }
            let Some(answer) = answer else { break };
            // The client may be gone; the boundary is passed all the same.
            let sent = client.get_mut().write_all(&answer);
            passing.moment = Moment::Answered;
            if self.pass(&mut passing, None) != Then::Pass || sent.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn pass(&self, passing: &mut Passing, request: Option<&[u8]>) -> Then {
        let mut gate = self.gate.lock().unwrap();
        if let Some(request) = request {
            gate.requests += 1;
            passing.request = gate.requests;
            if passing.line.starts_with("PATCH")
                && let Some(delayed) = gate.delayed.take()
            {
                let mut server = open(TcpStream::connect(self.server).unwrap()).unwrap();
                server.get_mut().write_all(&delayed).unwrap();
                message(&mut server).unwrap();
            }
            let then = (gate.hook)(passing);
            if then == Then::Delay {
                gate.delayed = Some(request.to_owned());
            }
            return then;
        }
        (gate.hook)(passing)
    }
}

fn open(stream: TcpStream) -> io::Result<BufReader<TcpStream>> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// One whole message; `None` when the connection ended before it began.
fn message(from: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let (mut length, mut chunked) = (0, false);
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes)? == 0 {
            return if start == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let line = String::from_utf8_lossy(&bytes[start..]).to_ascii_lowercase();
        match line.trim_end().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            _ => {}
        }
        if line == "\r\n" {
            break;
        }
    }
    if chunked {
        while !bytes.ends_with(b"\r\n0\r\n\r\n") {
            if from.read_until(b'\n', &mut bytes)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        return Ok(Some(bytes));
    }
    let start = bytes.len();
    bytes.resize(start + length, 0);
    from.read_exact(&mut bytes[start..])?;
    Ok(Some(bytes))
}
