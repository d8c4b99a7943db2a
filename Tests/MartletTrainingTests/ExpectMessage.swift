import Testing

/// Expects that a process that was made to fail said something.
func expectMessage(
  _ result: ExitTest.Result?, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
}
