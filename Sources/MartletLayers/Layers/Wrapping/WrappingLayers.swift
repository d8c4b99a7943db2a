extension BuiltInLayers {
  static let wrapping: [String: any ConfigurableLayer.Type] = [
    "TimeDistributed": TimeDistributed.self
  ]
}
