package org.adjoint.lens.example;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.lens.stepper.Stepper;

/** Gradients of graphs that hold gradients. */
final class Beyond {
  private Beyond() {}

  /** Source: M. Raissi, P. Perdikaris, G. Karniadakis, J. of Computational Physics 378, 2019. */
  static Stepper pinn() {
    Tensor x = Tensor.scalar(0.7).variable();
    Tensor z = Networks.weight("w", 1.3).times(x).plus(Networks.weight("b", -0.2));
    Tensor u = Networks.weight("v", 0.9).times(z.tanh());
    Tensor ux = Grad.grad(u, x).get(0);
    Tensor uxx = Grad.grad(ux, x).get(0);
    Tensor r = uxx.plus(ux.times(0.5)).plus(u);
    Tensor loss = r.square();
    Map<Tensor, String> names = new LinkedHashMap<>();
    names.put(x, "x");
    names.put(z, "z");
    names.put(u, "u");
    names.put(ux, "u_x");
    names.put(uxx, "u_xx");
    names.put(r, "r");
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .holding(x)
        .titled(
            "A physics-informed network: derivatives inside the loss",
            "u(x) = v·tanh(w·x + b) should solve u″ + ½u′ + u = 0, a"
                + " damped oscillation. Its derivatives u_x and u_xx are graphs"
                + " that the engine has built, part of the forward pass like anything else; the"
                + " gradient by v, w and b then goes back through them.")
        .noted("u_xx", "A derivative of a derivative, computed forward here like any value.");
  }

  /** Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015. */
  static Stepper adam() {
    Tensor x = Tensor.scalar(1.5);
    Tensor t = Tensor.scalar(2.0);
    Tensor m0 = Tensor.scalar(0.0);
    Tensor v0 = Tensor.scalar(0.0);
    Tensor beta1 = Tensor.scalar(0.9);
    Tensor beta2 = Tensor.scalar(0.999);
    Parameter w = Networks.weight("w", 0.8);
    Parameter rate = Networks.weight("η", 0.1);
    Tensor before = w.times(x).minus(t).square();
    Tensor g = Grad.grad(before, w).get(0);
    Tensor one = Tensor.scalar(1.0);
    Tensor m = beta1.times(m0).plus(one.minus(beta1).times(g));
    Tensor v = beta2.times(v0).plus(one.minus(beta2).times(g.square()));
    Tensor mHat = m.div(one.minus(beta1));
    Tensor vHat = v.div(one.minus(beta2));
    Tensor step = mHat.div(vHat.sqrt().plus(1e-8));
    Tensor next = w.minus(rate.times(step));
    Tensor loss = next.times(x).minus(t).square();
    Map<Tensor, String> names = new LinkedHashMap<>();
    names.put(x, "x");
    names.put(t, "t");
    names.put(m0, "m0");
    names.put(v0, "v0");
    names.put(beta1, "β1");
    names.put(beta2, "β2");
    names.put(g, "g");
    names.put(m, "m1");
    names.put(v, "v1");
    names.put(mHat, "m̂");
    names.put(vHat, "v̂");
    names.put(step, "step");
    names.put(next, "w′");
    names.put(loss, "L");
    return Stepper.of(loss)
        .named(names)
        .titled(
            "One step of Adam, taken apart",
            "g is the gradient of (w·x − t)². Forward: the moments m1 and v1, their bias correction"
                + " m̂ and v̂, the step m̂ / (√v̂ + ε), and the new weight w′ = w − η·step; L is the loss"
                + " at w′. Backward goes through the optimizer itself: ∂L/∂η says whether a larger"
                + " learning rate would have been better.")
        .noted(
            "m̂", "m0 = 0 pulls m1 towards 0; dividing by 1 − β1 undoes that in the first step.");
  }
}
