extension BuiltInLayers {
  static let recurrent: [String: any ConfigurableLayer.Type] = [:]
}
