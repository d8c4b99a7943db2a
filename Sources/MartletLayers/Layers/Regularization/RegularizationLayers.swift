extension BuiltInLayers {
  static let regularization: [String: any ConfigurableLayer.Type] = [
    "Dropout": Dropout.self
  ]
}
