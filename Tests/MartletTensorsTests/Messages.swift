import Testing

/// Expects a process that ended to have said what was wrong.
func expectMessage(
  _ result: ExitTest.Result?, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(said.contains(message), "it said: \(said)", sourceLocation: sourceLocation)
}
