import Foundation

/// A web server on this machine that answers as a test tells it, well or badly.
///
/// Unchecked `Sendable`: the requests are guarded by a lock, the rest is constant.
final class LocalServer: @unchecked Sendable {
  /// What becomes of a request.
  enum Answer: Sendable {
    /// The whole file at once.
    case file([UInt8])
    /// The first half, and the rest after some time.
    case slow([UInt8], seconds: Double)
    /// The length of a whole file, and so many of its bytes before the connection is closed.
    case cut([UInt8], after: Int)
    /// So many bytes of a file, and then nothing, for as long as the client waits.
    case hang([UInt8], after: Int)
    /// A file whose length is not told, piece by piece; where it does not end, nothing follows.
    case chunked([UInt8], ends: Bool)
    /// Nothing at all, for as long as the client waits.
    case silence
    /// A status without a file.
    case status(Int)
    /// Another address.
    case redirect(String)
  }

  private let answers: [String: Answer]
  private let listener: Int32
  private let port: UInt16
  private let lock = NSLock()
  private var seen: [String] = []

  /// The address of the server's root, with a slash at its end.
  var address: String { "http://127.0.0.1:\(port)/" }
  /// The paths that were asked for, without the slash in front.
  var requests: [String] { lock.withLock { seen } }

  /// Starts a server with an answer for each path; others are not found.
  init(_ answers: [String: Answer]) throws {
    self.answers = answers
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    listener = socket(AF_INET, stream, 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (listener, length) = (listener, size)
    let isListening = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
        bind(listener, place, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, place, &size) == 0
      }
    }
    port = UInt16(bigEndian: place.sin_port)
    guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { break }
        Thread.detachNewThread { self.serve(client) }
      }
      close(listener)
    }
  }

  /// Ends the server; a client that is being served is served to its end.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ client: Int32) {
    defer { close(client) }
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(client, &buffer, buffer.count, 0)
      if count <= 0 { return }
      request += buffer[..<count]
    }
    let words = String(decoding: request, as: UTF8.self).split(separator: " ")
    let path = String(words[1].dropFirst())
    lock.withLock { seen.append(path) }
    func header(_ status: String, _ length: Int, _ more: String = "") {
      send(
        Array(
          "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: close\r\n\(more)\r\n".utf8
        ),
        to: client)
    }
    switch answers[path] ?? .status(404) {
    case .file(let bytes):
      header("200 OK", bytes.count)
      send(bytes, to: client)
    case .slow(let bytes, let seconds):
      header("200 OK", bytes.count)
      send(Array(bytes[..<(bytes.count / 2)]), to: client)
      usleep(UInt32(seconds * 1e6))
      send(Array(bytes[(bytes.count / 2)...]), to: client)
    case .cut(let bytes, let count):
      header("200 OK", bytes.count)
      send(Array(bytes[..<count]), to: client)
    case .hang(let bytes, let count):
      header("200 OK", bytes.count)
      send(Array(bytes[..<count]), to: client)
      // Returns when the client has given up.
      _ = recv(client, &buffer, buffer.count, 0)
    case .chunked(let bytes, let ends):
      send(
        Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8),
        to: client)
      for start in stride(from: 0, to: bytes.count, by: 10_000) {
        let piece = bytes[start..<min(start + 10_000, bytes.count)]
        send(
          Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8),
          to: client)
      }
      if ends {
        send(Array("0\r\n\r\n".utf8), to: client)
      } else {
        // Returns when the client has given up.
        _ = recv(client, &buffer, buffer.count, 0)
      }
    case .silence: _ = recv(client, &buffer, buffer.count, 0)
    case .status(let code): header("\(code) No", 0)
    case .redirect(let address): header("302 Found", 0, "Location: \(address)\r\n")
    }
  }

  private func send(_ bytes: [UInt8], to client: Int32) {
    #if canImport(Glibc)
      let flags = Int32(MSG_NOSIGNAL)
    #else
      let flags: Int32 = 0
      var yes: Int32 = 1
      setsockopt(
        client, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
    #endif
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        #if canImport(Glibc)
          Glibc.send(client, $0.baseAddress, $0.count, flags)
        #else
          Darwin.send(client, $0.baseAddress, $0.count, flags)
        #endif
      }
      if count <= 0 { return }
      sent += count
    }
  }
}

/// A server that is stopped when the closure has ended, and a folder that is gone then.
func withLocalServer<Value>(
  _ answers: [String: LocalServer.Answer], _ body: (LocalServer, String) throws -> Value
) throws -> Value {
  let server = try LocalServer(answers)
  defer { server.stop() }
  return try withTemporaryFolder { try body(server, $0) }
}
