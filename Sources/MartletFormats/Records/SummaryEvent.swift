/// An event of the files that TensorBoard shows: what was measured when, and in which step.
///
/// A message `tensorflow.Event`; a file is a ``TFRecord`` file of them, of which the first tells
/// the version.
///
/// - Source: TensorFlow, `tensorflow/core/util/event.proto`, `summary.proto`, `tensor.proto`.
public struct SummaryEvent: Sendable, Hashable {
  /// Seconds since 1970.
  public var wallTime: Double
  /// The number of the step, the epoch for instance.
  public var step: Int
  /// What happened.
  public var content: Content

  /// What an event tells.
  public enum Content: Sendable, Hashable {
    /// The version of the file, its first event.
    case fileVersion(String)
    /// A number with its name.
    case scalar(tag: String, Float)
    /// The configuration of a Keras model, as JSON.
    case kerasModel(tag: String, json: String)
    /// What is not known here.
    case other
  }

  /// The version that files of this kind begin with.
  public static let version = "brain.Event:2"

  /// Makes an event.
  public init(wallTime: Double, step: Int, _ content: Content) {
    self.wallTime = wallTime
    self.step = step
    self.content = content
  }

  /// The event as a message, byte for byte as TensorFlow writes it.
  public var encoded: [UInt8] {
    var event = MessageWriter()
    event.add(1, wallTime)
    event.add(2, step)
    switch content {
    case .fileVersion(let text): event.add(3, text)
    case .scalar(let tag, let value):
      Self.addSummary(&event, tag, plugin: "scalars") { tensor in
        tensor.add(1, 1)  // DT_FLOAT
        tensor.add(2, message: [])  // no axes
        tensor.add(4, value)
      }
    case .kerasModel(let tag, let json):
      Self.addSummary(&event, tag, plugin: "graph_keras_model", pluginContent: "1") { tensor in
        tensor.add(1, 7)  // DT_STRING
        tensor.add(2, message: [])
        tensor.add(8, message: Array(json.utf8))
      }
    case .other: break
    }
    return event.bytes
  }

  private static func addSummary(
    _ event: inout MessageWriter, _ tag: String, plugin: String, pluginContent: String = "",
    _ fillTensor: (inout MessageWriter) -> Void
  ) {
    event.add(5) { summary in
      summary.add(1) { value in
        value.add(1, tag)
        value.add(8, fillTensor)
        value.add(9) { metadata in
          metadata.add(1) { data in
            data.add(1, plugin)
            data.add(2, pluginContent)
          }
        }
      }
    }
  }
}

extension SummaryEvent {
  /// Reads the event of a record; scalars of the older form `simple_value` too.
  ///
  /// - Throws: ``FormatError`` for bytes that are no message.
  public init(record: ArraySlice<UInt8>, source: String = "bytes") throws(FormatError) {
    self.init(wallTime: 0, step: 0, .other)
    let origin = Origin(reader: "SummaryEvent", source: source)
    var found = self
    try withBytes(of: record) { (bytes) throws(FormatError) in
      var event = MessageReader(ByteCursor(bytes, origin: origin))
      while let (field, value) = try event.next() {
        switch (field, value) {
        case (1, .word(let bits)): found.wallTime = Double(bitPattern: bits)
        case (2, .number(let bits)): found.step = Int(Int64(bitPattern: bits))
        case (3, .bytes(let text)):
          found.content = .fileVersion(String(decoding: text, as: UTF8.self))
        case (5, .bytes(let inside)):
          var summary = event.inside(inside)
          while let (field, value) = try summary.next() {
            if case (1, .bytes(let inside)) = (field, value) {
              found.content = try Self.content(summary.inside(inside))
            }
          }
        default: break
        }
      }
    }
    self = found
  }

  /// What a `Summary.Value` holds.
  private static func content(_ reader: MessageReader) throws(FormatError) -> Content {
    var reader = reader
    var tag = ""
    var number: Float?
    var text: String?
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let bytes)): tag = String(decoding: bytes, as: UTF8.self)
      case (2, .half(let bits)): number = Float(bitPattern: bits)
      case (8, .bytes(let bytes)):
        var tensor = reader.inside(bytes)
        while let (field, value) = try tensor.next() {
          switch (field, value) {
          // The bytes of the elements, or a list of floats, or one of them.
          case (4, .bytes(let bytes)) where bytes.count == 4,
            (5, .bytes(let bytes)) where bytes.count == 4:
            number = Float(
              bitPattern: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
          case (5, .half(let bits)): number = Float(bitPattern: bits)
          case (8, .bytes(let bytes)): text = String(decoding: bytes, as: UTF8.self)
          default: break
          }
        }
      default: break
      }
    }
    if let number { return .scalar(tag: tag, number) }
    return text.map { .kerasModel(tag: tag, json: $0) } ?? .other
  }

  /// The events of a file's records.
  ///
  /// - Throws: ``FormatError`` for a record that is no message.
  public static func events(
    in contents: TFRecord.Contents, source: String = "bytes"
  ) throws(FormatError) -> [SummaryEvent] {
    var events: [SummaryEvent] = []
    for record in contents.records {
      events.append(try SummaryEvent(record: record, source: source))
    }
    return events
  }
}
