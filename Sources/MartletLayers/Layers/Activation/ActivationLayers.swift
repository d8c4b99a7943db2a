extension BuiltInLayers {
  static let activation: [String: any ConfigurableLayer.Type] = [
    "ReLU": ReLU.self, "LeakyReLU": LeakyReLU.self, "PReLU": PReLU.self, "ELU": ELU.self,
    "Softmax": Softmax.self, "Maxout": Maxout.self,
  ]
}
