extension BuiltInLayers {
  static let preprocessing: [String: any ConfigurableLayer.Type] = [:]
}
