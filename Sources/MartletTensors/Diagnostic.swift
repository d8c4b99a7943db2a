/// What went wrong, in the four parts of every message of the library: who and what happened, what
/// was expected, what came instead, and what to do about it.
///
/// Programmer errors (a shape that does not fit, an axis out of range) trap with this text, in
/// release builds too; what a correct program can meet is thrown as an error that carries it.
public struct Diagnostic: Error, Sendable, Equatable, CustomStringConvertible {
  /// The operation, layer or reader that found the mistake.
  public var who: String
  /// What happened: a clause without its final full stop.
  public var what: String
  /// What would have been right, with values.
  public var expected: String?
  /// What came, with values.
  public var got: String?
  /// What the reader can do.
  public var fix: String?

  /// Creates a diagnostic from its parts.
  public init(
    _ who: String, _ what: String, expected: String? = nil, got: String? = nil, fix: String? = nil
  ) {
    self.who = who
    self.what = what
    self.expected = expected
    self.got = got
    self.fix = fix
  }

  public var description: String {
    var lines = ["\(who): \(what)."]
    if let expected { lines.append("  expected \(expected)") }
    if let got { lines.append("  got      \(got)") }
    if let fix { lines.append("  fix      \(fix)") }
    return lines.joined(separator: "\n")
  }
}

/// Ends the process with a diagnostic and the line of the caller that made the mistake.
///
/// The one place where the library traps: the text of `precondition` is not printed in optimised
/// builds, that of `fatalError` is.
@inline(never)
public func trap(_ diagnostic: Diagnostic, file: StaticString, line: UInt) -> Never {
  fatalError(diagnostic.description, file: file, line: line)
}

/// Checks a condition that only a mistake in the caller's source can break.
@inline(__always)
func check(
  _ condition: Bool, _ diagnostic: @autoclosure () -> Diagnostic, file: StaticString, line: UInt
) {
  if !condition { trap(diagnostic(), file: file, line: line) }
}

/// Traps on a broken promise of the library itself.
@inline(never)
func internalError(
  _ what: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  trap(
    Diagnostic("Martlet", what, fix: "this is a defect of the library; please report it"),
    file: file, line: line)
}
