/// The keys that a closure draws, in their order, so that it can be run again with the same ones.
///
/// One run notes them, whatever sources they come from; later runs are handed them back. Runs nest:
/// a closure that is run again may hold others that note for themselves.
final class DrawnKeys {
  private let outer: DrawnKeys?
  private let handedBack: [Tensor]?
  /// The keys of this run, one for each draw.
  private(set) var keys: [Tensor] = []

  private init(_ outer: DrawnKeys?, _ handedBack: [Tensor]?) {
    self.outer = outer
    self.handedBack = handedBack
  }

  /// Runs a closure; its result, and the keys that it drew.
  static func noting<Result>(_ body: () -> Result) -> (result: Result, keys: [Tensor]) {
    let run = DrawnKeys(Recorder.current.drawnKeys, nil)
    let result = Recorder.with(\.drawnKeys, run, body)
    return (result, run.keys)
  }

  /// Runs a closure again that drew these keys: no source moves on.
  ///
  /// Traps if the closure draws more or fewer than before.
  static func handingBack<Result>(_ keys: [Tensor], _ body: () -> Result) -> Result {
    let run = DrawnKeys(Recorder.current.drawnKeys, keys)
    let result = Recorder.with(\.drawnKeys, run, body)
    if run.keys.count != keys.count { refuse("\(run.keys.count)", insteadOf: keys.count) }
    return result
  }

  /// The next key: that of the innermost run which hands keys back, otherwise a new one.
  static func next(_ draw: () -> Tensor) -> Tensor {
    var noting: [DrawnKeys] = []
    var run = Recorder.current.drawnKeys
    var key: Tensor?
    while let here = run, key == nil {
      if let known = here.handedBack {
        let place = here.keys.count
        if place == known.count { refuse("more", insteadOf: known.count) }
        key = known[place]
      }
      noting.append(here)
      run = here.outer
    }
    let drawn = key ?? draw()
    for run in noting { run.keys.append(drawn) }
    return drawn
  }

  private static func refuse(_ got: String, insteadOf count: Int) -> Never {
    trap(
      Diagnostic(
        "recomputing", "the closure draws other random numbers when it runs again",
        expected: "\(count) random tensors, as before", got: got,
        fix: "let the closure depend on nothing that changes before the gradient is taken"),
      file: #fileID, line: #line)
  }
}
