import Testing

extension Optional where Wrapped == ExitTest.Result {
  /// What the process of an exit test printed before it ended.
  var errorText: String {
    String(decoding: self?.standardErrorContent ?? [], as: UTF8.self)
  }
}
