import KerasGoldens
import MartletLayers
import MartletTensors
import MartletTraining
import Testing

@Suite(.serialized) struct Scratch {
  func simple(every: Int, _ step: (Variable, Variable) -> Void) -> [Float] {
    let v = Variable(Tensor([0.5, -0.25, 1.0]))
    let m = Variable(Tensor([0.0, 0.0, 0.0]))
    for i in 1...20 {
      step(v, m)
      if i % every == 0 { v.value.evaluated() }
    }
    return v.value.scalars + m.value.scalars
  }
  @Test func a() {
    let steps: [(String, (Variable, Variable) -> Void)] = [
      ("minus", { v, _ in v.assign(v.value - 0.1) }),
      ("minus times", { v, _ in v.assign(v.value - v.value * 0.1) }),
      ("momentum", { v, m in m.assign(m.value * 0.9 - 0.1); v.assign(v.value + m.value) }),
      ("square", { v, m in
        let n = m.value + (v.value.square() - m.value) * 0.1
        m.assign(n)
        v.assign(v.value - n.sqrt() * 0.1) }),
    ]
    for (name, step) in steps {
      let good = simple(every: 1, step)
      for every in [1, 2, 5, 20] {
        let y = withoutFusion { simple(every: every, step) }
        print(name, every, "fused", simple(every: every, step) == good, "unfused", y == good, y.prefix(2))
      }
    }
  }
  func adamW(_ evaluateAt: (Int) -> Bool, steps: Int, ema: Bool = true, shapes: [[Int]]) -> [Float] {
    let optimizer = AdamW(learningRate: 0.02, useEMA: ema, emaMomentum: 0.9)
    let variables = shapes.map { Variable(Tensor.full($0, 0.5)) }
    let all = shapes.map { shape in Tensor.randomNormal([100] + shape, using: RandomSource(seed: 3)).evaluated() }
    for step in 1...steps {
      optimizer.apply(all.map { $0[step - 1] }, to: variables)
      if evaluateAt(step) { _ = variables.map { $0.value.evaluated() } }
    }
    return variables[0].value.scalars
  }
  func shapesG() -> ([Tensor], [Tensor]) {
    let c = (try! KerasCase.read("optimizers")).first { $0.name == "AdamW-8" }!
    let names = ["kernel", "bias", "table"]
    return (try! names.map { try c.tensor("/start/" + $0) }, try! c.tensors("gradients"))
  }
  @Test func b() {
    for shapes in [[[4, 3], [3], [2, 2, 2]], [[4, 3], [3]], [[12]], [[12], [12]], [[12], [12], [12]]] {
      for steps in [10, 20, 25, 30, 35, 40, 50, 100] {
        let good = adamW({ _ in true }, steps: steps, shapes: shapes)
        let once = adamW({ _ in false }, steps: steps, shapes: shapes)
        let mixed = adamW({ [1, 2, 10, 50].contains($0) }, steps: steps, shapes: shapes)
        if once != good || mixed != good { print(shapes, steps, once == good, mixed == good, once.prefix(2), mixed.prefix(2), good.prefix(2)) }
      }
    }
    let g = shapesG()
    for mode in ["golden", "every", "once", "unfused every"] {
      let optimizer = AdamW(learningRate: 0.02, useEMA: true, emaMomentum: 0.9)
      let variables = g.0.map { Variable($0) }
      for step in 1...50 {
        optimizer.apply(g.1.map { $0[step - 1] }, to: variables)
        let look = mode == "once" ? false : mode == "golden" ? [1, 2, 10, 50].contains(step) : true
        if look { _ = mode == "unfused every" ? withoutFusion { variables.map { $0.value.evaluated() } } : variables.map { $0.value.evaluated() } }
      }
      print(mode, variables[0].value.scalars.prefix(5), optimizer.variables[5].value.scalars.prefix(3), optimizer.variables[6].value.scalars.prefix(3))
    }
    for (name, fused) in [("fused", true), ("not", false)] {
      let v = Variable(Tensor([0.5, -0.25, 1.0])), m = Variable(Tensor([0.0, 0.0, 0.0]))
      for _ in 1...3 {
        let n = m.value + (v.value.square() - m.value) * 0.1
        m.assign(n)
        v.assign(v.value - n.sqrt() * 0.1)
        if fused { v.value.evaluated() } else { withoutFusion { _ = v.value.evaluated() } }
        print(name, v.value.scalars, m.value.scalars)
      }
    }
    print("done")
  }
}
