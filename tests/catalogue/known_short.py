"""Cases that fall short of what they require, with what is said instead; for them detection is required only.

``python -m tests.catalogue --shrink`` takes out what no longer falls short.
"""

# Right gradients that are called wrong.
KNOWN_FLAGGED = {
}

# Wrong gradients with a verdict that is wrong somewhere.
KNOWN_UNDETECTED: dict[str, str] = {}

# Wrong gradients that are detected, and not explained as required.
KNOWN_SHORT = {
    "attention-softmax_over_the_wrong_axis": "Wq: code unexplained, required wrong-axis (dS is wrong, and n…",
    "attention-sigmoid_rule_for_softmax": "Wq: code unexplained, required wrong-operation or missing-term o…",
    "convolution-stride_forgotten": "w: code missing-derivative, required wrong-operand or wrong-entries (t…",
    "convolution-bias_of_the_last_image": "b: code unexplained, required missing-term or wrong-axis or wron…",
    "convolution-filter_of_another_channel": "x: code missing-derivative, required wrong-operand (the deriv…",
    "convolution-filter_flipped": "x: code missing-derivative, required wrong-operand or transposed or wron…",
    "course_dictionaries-sigmoid_mistaken_for_square_loss": "W3: code missing-derivative, required wrong-fa…",
    "factorisation-pairs_own_row": "P: code unexplained, required wrong-operand (dP is wrong, and no small…",
    "flat_theta-sigmoid_derivative_forgotten": "params: line 31 (Theta1_grad[:, 1:] = Theta1_grad[:, 1:] +…",
    "layer_objects-elu_slope_of_relu": "[0][1]: line 66 (upstream = layer.backward(upstream)), required 32",
    "layer_objects-elu_one_forgotten": "[0][1]: code missing-derivative, required missing-term or wrong-ope…",
    "layer_objects-weights_untransposed_sum": "[0][1]: code unexplained, required wrong-axis or missing-te…",
    "layer_objects-square_for_absolute": "[1][1]: line 17 of another file, layer_objects__as_written.py",
    "layer_pairs-norm_std_not_squared": "x: code missing-derivative, required wrong-factor or wrong-operati…",
    "layer_pairs-norm_gamma_for_xhat": "x: line 51 (dxc += (2.0 / N) * xc * dvar), required 47",
    "linear_algebra-adjoint_solve_forgotten": "params: code unexplained, required transposed or wrong-opera…",
    "nabla_lists-prime_of_the_next_layer_up": "unexplained: a wrong local inside a loop is not located",
    "nabla_lists-norm_not_squared_in_the_cost": "unexplained: a wrong local inside a loop is not located",
    "one_liners-entropy_without_normaliser": "params: code wrong-operand, required missing-term (params − l…",
    "parameter_class-mask_of_input_swapped": "W1: code missing-derivative, required wrong-mask or wrong-ope…",
    "parameter_class-norm_for_penalty": "W1: code missing-derivative, required wrong-operation or sum-for-m…",
    "parameter_class-gradient_of_logits": "W2: code unexplained, required missing-derivative or wrong-opera…",
    "sample_loops-feature_index": "w: code unexplained, required wrong-operand or wrong-entries (dw is wron…",
    "softmax_in_place-one_forgotten": "[3]: line 35 (dscores /= N), required 34",
    "softmax_in_place-naive_probability_of_truth_only": "params: code missing-derivative, required wrong-op…",
    "softmax_in_place-naive_overwritten": "params: code missing-derivative, required missing-term or wrong-…",
    "star_import-softplus_derivative": "[0]: code unexplained, required wrong-factor or wrong-operand or wr…",
    "svm_loops-naive_correct_class_forgotten": "params: code unexplained, required missing-term or wrong-en…",
    "svm_loops-naive_mean_forgotten": "params: code unexplained, required wrong-factor (dW is wrong, and no…",
    "svm_loops-naive_correct_class_counted_once": "params: code unexplained, required wrong-factor or wrong…",
    "svm_loops-margins_for_mask": "params: line 32 (margins = np.maximum(0, scores - correct + 1)), require…",
    "unusual_but_right-dropout_scale_once": "W: code wrong-operand, required wrong-factor (T stands in dH w…",
    "word_vectors-truth_not_subtracted": "[0]: line 12 (y_hat = e / np.sum(e)), required 14",
    "word_vectors-negative_own_vector": "[1]: code missing-derivative, required wrong-operand (the derivati…",
}

# Cases that take more than a few seconds to explain.
KNOWN_SLOW = (
    "nabla_lists-hidden_delta_forgets_prime",
    "nabla_lists-norm_not_squared_in_the_cost",
    "nabla_lists-output_prime_forgotten",
    "nabla_lists-prime_of_the_next_layer_up",
    "recurrent-raw_forgotten",
    "recurrent-recurrent_weights_not_transposed",
    "recurrent-tanh_derivative_forgotten",
    "recurrent-time_path_forgotten",
)
