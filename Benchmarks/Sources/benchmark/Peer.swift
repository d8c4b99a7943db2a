import Foundation

/// A library that Martlet is compared with, and the script that runs the workloads in it.
struct Peer: Sendable {
  let name: String
  let script: String
  let arguments: [String]
  /// The name its Python goes by: `--python torch=PATH` or MARTLET_PEER_TORCH.
  let library: String
  /// What installs it.
  let install: String

  static let torch = Peer(
    name: "torch", script: "torch_peer.py", arguments: [], library: "torch",
    install: "pip install torch==2.13.0 numpy")
  static let all = [
    torch,
    Peer(
      name: "torch-shim", script: "torch_peer.py", arguments: ["--shim"], library: "torch",
      install: torch.install),
    Peer(
      name: "jax", script: "jax_peer.py", arguments: [], library: "jax",
      install: "pip install jax==0.10.2 optax==0.2.8"),
    Peer(
      name: "keras", script: "keras_peer.py", arguments: [], library: "keras",
      install: "pip install tensorflow-cpu==2.21.0 keras==3.15.1"),
  ]
}

/// What the command line says about the peers.
struct PeerOptions: Sendable {
  /// Whether they are to be run.
  var isAsked = false
  /// The Python of each library.
  var pythons: [String: String] = [:]
  /// The peers, or forms of them as `torch:compiled`, that are run; empty for all.
  var chosen: [String] = []
  var rounds = 5

  func python(of library: String) -> String {
    pythons[library] ?? ProcessInfo.processInfo.environment["MARTLET_PEER_\(library.uppercased())"]
      ?? "python3"
  }

  /// Whether a form of a peer is among the chosen ones.
  func admits(_ peer: String, _ form: String? = nil) -> Bool {
    chosen.isEmpty || chosen.contains(peer)
      || (form.map { chosen.contains("\(peer):\($0)") }
        ?? chosen.contains { $0.hasPrefix(peer + ":") })
  }
}

/// A peer's script, running and waiting for questions.
final class PeerProcess {
  let peer: Peer
  let threads: Int
  private(set) var version = ""
  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  /// Starts a peer; says what is missing, and how it is installed, if that fails.
  ///
  /// For speed, `keepingMemory` tells the C library to keep what is freed, which spares PyTorch
  /// most of its page faults.
  static func start(
    _ peer: Peer, threads: Int, keepingMemory: Bool, _ settings: Settings
  ) -> PeerProcess? {
    let python = settings.peers.python(of: peer.library)
    do {
      return try PeerProcess(peer, python: python, threads: threads, keepingMemory: keepingMemory)
    } catch {
      warn("\(peer.name) is missing: \(error)\n  with \(python) do: \(peer.install)")
      return nil
    }
  }

  private init(_ peer: Peer, python: String, threads: Int, keepingMemory: Bool) throws {
    self.peer = peer
    self.threads = threads
    let script = try Self.folder().appendingPathComponent(peer.script)
    let log = FileManager.default.temporaryDirectory
      .appendingPathComponent("peer-\(UUID().uuidString).log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: log) }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [python, script.path, "--serve", "--threads", "\(threads)"] + peer.arguments
    if keepingMemory {
      process.environment = ProcessInfo.processInfo.environment.merging([
        "MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296",
      ]) { given, _ in given }
    }
    process.standardInput = questions
    process.standardOutput = answers
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    guard let greeting = read(), let version = greeting["version"] as? String else {
      process.waitUntilExit()
      let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      let last = said.split(separator: "\n").last.map { String($0) } ?? "it said nothing"
      throw Missing(description: last)
    }
    self.version = version
  }

  struct Missing: Error, CustomStringConvertible { let description: String }

  /// The folder of the scripts: `peers` beside the sources, above the folder of the executable.
  private static func folder() throws -> URL {
    let starts = [
      executablePath, CommandLine.arguments[0], FileManager.default.currentDirectoryPath,
    ]
    for start in starts {
      var folder = URL(fileURLWithPath: start)
      while folder.path != "/" {
        for path in ["peers", "Benchmarks/peers"] {
          let peers = folder.appendingPathComponent(path)
          let script = peers.appendingPathComponent("peer.py").path
          if FileManager.default.fileExists(atPath: script) { return peers }
        }
        folder.deleteLastPathComponent()
      }
    }
    throw Missing(description: "the folder Benchmarks/peers is not above the program")
  }

  /// The answer to a question; nil, and a warning, if there is none.
  func ask(_ question: String) -> [String: Any]? {
    questions.fileHandleForWriting.write(Data((question + "\n").utf8))
    guard let answer = read() else {
      warn("\(peer.name) ended at: \(question)")
      return nil
    }
    if let error = answer["error"] {
      warn("\(peer.name), \(question): \(error)")
      return nil
    }
    return answer
  }

  func end() {
    try? questions.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The processor time that the script has used, in seconds; the shim runs in a child of it.
  var processorTime: Double { Load.processorTime(ofTree: process.processIdentifier) }

  private func read() -> [String: Any]? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = unread[unread.startIndex..<end]
        unread = Data(unread[unread.index(after: end)...])
        return try? JSONSerialization.jsonObject(with: line) as? [String: Any]
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }
}

/// The scripts that run already: they are asked about one workload after the other.
final class PeerPool {
  private var processes: [String: PeerProcess?] = [:]

  /// The process of a peer with a number of threads; nil if it is missing.
  func process(_ peer: Peer, threads: Int, _ settings: Settings) -> PeerProcess? {
    let key = "\(peer.name) \(threads)"
    if let known = processes[key] { return known }
    let started = PeerProcess.start(
      peer, threads: threads, keepingMemory: true, settings)
    processes[key] = .some(started)
    return started
  }

  deinit { for process in processes.values { process?.end() } }
}

/// Prints a line where it does not come between the figures.
func warn(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
