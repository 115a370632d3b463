"""Pictures of training: the path of λ, learning curves, decision boundaries. They need matplotlib."""
