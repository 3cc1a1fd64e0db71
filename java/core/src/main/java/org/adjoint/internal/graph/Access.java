package org.adjoint.internal.graph;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.Type;

/**
 * What the rooms below {@code org.adjoint} see of its classes and users do not: the node of a
 * tensor, the state of a parameter. {@code Tensor}'s static initialiser installs the only {@link
 * Provider}, the way of the JDK's SharedSecrets; the JVM inlines the methods of a provider that a
 * constant refers to. A method that the public classes can offer to everybody does not belong here.
 */
public final class Access {
  private static volatile Provider installed;

  private Access() {}

  /** What {@code org.adjoint} opens. */
  public interface Provider {
    /** Returns the node to build on: for a parameter, that of its current version. */
    Node node(Tensor x);

    /** Returns which output of its node a tensor is. */
    int index(Tensor x);

    /** Returns a tensor as it is, a parameter as the version that is current now. */
    Tensor fixed(Tensor x);

    /** Returns an output of a node as a tensor. */
    Tensor tensor(Node node, int index);

    /** Returns the versions and the gradient of a parameter. */
    ParameterState state(Parameter parameter);

    /** Computes tensors, and every assignment that this thread has pending. */
    void evaluate(List<Tensor> tensors);
  }

  /** Initialised at the first use, and by then {@code Tensor} is. */
  private static final class Constant {
    static final Provider PROVIDER = provider();

    private static Provider provider() {
      try {
        MethodHandles.lookup().ensureInitialized(Tensor.class);
      } catch (IllegalAccessException e) {
        throw new AssertionError("Tensor is public", e);
      }
      return installed;
    }
  }

  /** Installs what {@code Tensor}'s initialiser provides. */
  public static void install(Provider provider) {
    installed = provider;
  }

  /** Returns the node to build on: for a parameter, that of its current version. */
  public static Node node(Tensor x) {
    return Constant.PROVIDER.node(x);
  }

  /** Returns which output of its node a tensor is. */
  public static int index(Tensor x) {
    return Constant.PROVIDER.index(x);
  }

  /** Returns a tensor as it is, a parameter as the version that is current now. */
  public static Tensor fixed(Tensor x) {
    return Constant.PROVIDER.fixed(x);
  }

  /** Returns an output of a node as a tensor. */
  public static Tensor tensor(Node node, int index) {
    return Constant.PROVIDER.tensor(node, index);
  }

  /** Returns a stand-in for an argument of that type. */
  public static Tensor argument(Type type) {
    return tensor(Node.argument(type), 0);
  }

  /** Returns all outputs of a node as tensors. */
  public static List<Tensor> outputs(Node node) {
    if (node.outputs() == 1) {
      return List.of(tensor(node, 0));
    }
    List<Tensor> outputs = new ArrayList<>(node.outputs());
    for (int i = 0; i < node.outputs(); i++) {
      outputs.add(tensor(node, i));
    }
    return outputs;
  }

  /** Returns the versions and the gradient of a parameter. */
  public static ParameterState state(Parameter parameter) {
    return Constant.PROVIDER.state(parameter);
  }

  /** Returns a tensor whose value its scope will free. */
  public static Tensor register(Tensor made) {
    ScopeState.register(node(made));
    return made;
  }

  /** Computes tensors, and every assignment that this thread has pending. */
  static void evaluate(List<Tensor> tensors) {
    Constant.PROVIDER.evaluate(tensors);
  }
}
