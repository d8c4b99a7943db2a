import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct CTCLossTests {
  /// 0, ½, … 3 over and over: two sequences of five steps, four classes.
  let logits = Tensor((0..<40).map { Float($0 % 7) / 2 }, shape: [2, 5, 4])

  @Test("labels of different lengths, one repeated, cost what they cost in Keras 3.15.1")
  func values() {
    expectClose(
      Loss.ctc.values(Tensor([[1, 2, 0], [1, 1, 2]]), logits),
      [4.746431350708008, 6.563216686248779])
  }

  @Test("more labels than time costs a great deal, and is finite")
  func impossible() {
    let found = Loss.ctc(Tensor([[1, 1, 1]]), logits[0..<1, 0..<4])
    expectClose(found, [100002.6484375], relative: 1e-5)
  }

  @Test("the likelihood is the sum over every alignment")
  func alignments() {
    // Four steps, three classes: all 81 paths, merged and stripped of blanks, that say 1 2.
    let logits = Tensor((0..<12).map { Float(($0 * 5) % 7) / 3 }, shape: [1, 4, 3])
    let p: [[Double]] = logits[0].softmax().nested()
    var likelihood = 0.0
    for path in 0..<81 {
      let steps = [path / 27, path / 9 % 3, path / 3 % 3, path % 3]
      var said: [Int] = []
      for (step, label) in steps.enumerated() where step == 0 || label != steps[step - 1] {
        if label != 0 { said.append(label) }
      }
      if said == [1, 2] { likelihood += zip(steps, p).reduce(1) { $0 * $1.1[$1.0] } }
    }
    let found = Loss.ctc(Tensor([[1, 2]]), logits).item()
    #expect(abs(found + logarithm(likelihood)) < 1e-5)
  }
}

private func logarithm(_ x: Double) -> Double { Tensor([x]).log().item() }
