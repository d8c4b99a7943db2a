import MartletTensors

/// The result of a check of hyperparameters, or a trap at the caller's line: an init that a program
/// calls traps where the one that reads a configuration throws.
func trapping<Value>(
  _ file: StaticString, _ line: UInt, _ body: () throws(Diagnostic) -> Value
) -> Value {
  do {
    return try body()
  } catch {
    trap(error, file: file, line: line)
  }
}

extension Configuration {
  /// Throws unless images are channels last, the one layout there is.
  func requireChannelsLast() throws(Diagnostic) {
    let format = try optionalString("data_format")
    if format == nil || format == "channels_last" { return }
    throw Diagnostic(
      className, "its data_format is not supported", expected: "\"channels_last\"",
      got: "\"\(format!)\"", fix: "transpose the images to [batch, sizes…, channels]")
  }
}
