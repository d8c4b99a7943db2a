extension BuiltInLayers {
  static let core: [String: any ConfigurableLayer.Type] = [
    "Dense": Dense.self, "Activation": Activation.self, "Flatten": Flatten.self,
    "Identity": Identity.self, "Embedding": Embedding.self, "Masking": Masking.self,
    "Lambda": Lambda.self, "EinsumDense": EinsumDense.self,
  ]
}
