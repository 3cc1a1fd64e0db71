package org.adjoint.user;

import org.adjoint.Adjoint;
import org.adjoint.Grad;
import org.adjoint.Tensor;

/** Prints d(x²)/dx at 3, the backend that computed it, and which BLAS that uses. */
final class Program {
  private Program() {}

  public static void main(String[] arguments) {
    Tensor x = Tensor.scalar(3f).variable();
    double slope = Grad.grad(x.square(), x).get(0).item();
    String blas = Adjoint.description().contains("OpenBLAS") ? "OpenBLAS" : "none";
    System.out.println(slope + " " + Adjoint.backend() + " " + blas);
  }
}
