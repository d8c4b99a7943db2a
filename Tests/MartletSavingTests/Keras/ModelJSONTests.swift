import Foundation
import KerasGoldens
import MartletFormats
import MartletTraining
import Testing

@testable import MartletSaving

@Suite struct ModelJSONTests {
  @Test func `Keras' JSON gives models that compute what Keras does`() throws {
    let rows = try KerasCase.rows(onTensorFlow: "models")
    #expect(rows.count == 7)
    for row in rows {
      let name = try row.string("case")
      let model = try Model.make(json: try row.string("json"))
      #expect(model.name == name)
      #expect((model.optimizer is Adam) == ["stack", "twins"].contains(name))
      try model.setWeights(try row.tensors("weights", like: model.weights))
      let shapes = try row.list("shapes").map { try #require($0.asInts) }
      let inputs = try zip(try row.list("inputs"), zip(shapes, model.inputs)).map {
        Tensor(try #require($0.asNumbers).map { Float($0) }, shape: Shape($1.0))
          .cast(to: $1.1.dtype)
      }
      for copy in [model, try Model.make(json: try model.toJSON())] {
        try copy.setWeights(model.getWeights())
        #expect(copy.optimizer?.learningRate == model.optimizer?.learningRate)
        let outputs = try copy.predict(Batch(inputs: inputs))
        let expected = try row.list("outputs")
        #expect(outputs.count == expected.count)
        for (found, want) in zip(outputs, expected) {
          let want = Tensor(
            try #require(want.asNumbers).map { Float($0) }, shape: found.shape)
          #expect(found.isClose(to: want, relative: 1e-5, absolute: 1e-6), "\(name)")
        }
        #expect(try copy.toJSON() == (try model.toJSON()))
      }
      // Where the outputs are: Keras opens it by these numbers.
      let (own, keras) = (
        try ConfigurationValue(json: Data(model.toJSON().utf8), of: name),
        try ConfigurationValue(json: Data(row.string("json").utf8), of: name)
      )
      if let outputs = own["config"]?["output_layers"], case .list(let list) = outputs {
        let theirs = keras["config"]?["output_layers"]
        // One output stands there without a list around it.
        #expect(outputs == theirs || (list.count == 1 && list[0] == theirs), "\(name)")
      }
    }
  }

  @Test func `a model that is not built, and one that is not compiled, have JSON too`() throws {
    let model = Sequential { Dense(3, activation: .relu) }
    let again = try Model.make(json: try model.toJSON())
    #expect(!again.isBuilt)
    #expect(again.configuration == model.configuration)
    #expect(again.optimizer == nil)
    try model.compile(optimizer: SGD(learningRate: 0.25), loss: .mse)
    #expect(try Model.make(json: try model.toJSON()).optimizer?.learningRate == 0.25)
    #expect(try Model.make(json: try model.toJSON(), compiling: false).optimizer == nil)
  }

  @Test func `what is no model is refused`() throws {
    for text in ["", "{", "[]", "{}", "7", "{\"class_name\": \"Dense\", \"config\": {}}"] {
      #expect(throws: Diagnostic.self) { try Model.make(json: text) }
    }
    var limits = LoadLimits()
    limits.headerBytes = 10
    let text = try Sequential { Dense(3) }.toJSON()
    #expect(throws: Diagnostic.self) { try Model.make(json: text, limits: limits) }
    final class Own: Model {}
    #expect(throws: Diagnostic.self) { try Own().toJSON() }
  }
}
