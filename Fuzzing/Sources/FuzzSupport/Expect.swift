/// Stops the fuzzer where a promise is broken: it keeps the input that did it.
public func expect(_ promise: Bool, _ what: @autoclosure () -> String) {
  guard promise else { fatalError(what()) }
}
