package org.adjoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Log;
import org.adjoint.internal.graph.Ancestors;
import org.adjoint.internal.graph.Binding;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.run.Backends;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.LiveScalars;
import org.adjoint.internal.run.Values;
import org.adjoint.internal.step.RecordedStep;

/**
 * A function that is written down as a program, once for each combination of shapes and dtypes (and
 * of gradients that it finds in parameters or does not), and from then on only run: no graph is
 * built, so a step costs what its kernels cost. Of more than 64 combinations of types, and of more
 * than 8 of gradients with the same types, the oldest are forgotten. Whatever the function does to
 * parameters is part of the program: {@code assign}, {@code backward}, an optimizer's {@code step}
 * and {@code zeroGrad}. So a whole training step compiles:
 *
 * <pre>{@code
 * var step = Compiled.of((Tensor x, Tensor t) -> {
 *   Tensor loss = Losses.mse(model.apply(x), t);
 *   loss.backward();
 *   optimizer.step();
 *   optimizer.zeroGrad();
 *   return loss;
 * });
 * }</pre>
 *
 * <p>Parameters are read when the program runs; so are an optimizer's learning rate and every
 * {@link Tensor#scalar(java.util.function.DoubleSupplier)}. Other tensors and Java numbers that the
 * function captures are constants, its other side effects happen only when the function is
 * recorded, and asking for a value inside the function is an error. A gradient that a call leaves
 * in a parameter costs memory of its own: end with {@code zeroGrad()}.
 *
 * <p>The results are values without a graph. Inside another transformation, and where an argument
 * reaches a parameter or a {@code variable()}, the function is called uncompiled, so that {@code
 * Grad.of(Compiled.of(f))} and {@code Compiled.of(Grad.of(f))} mean what they say.
 */
public final class Compiled {
  /** So many combinations of types are kept, the least recently used goes first. */
  private static final int MOST = 64;

  /** So many combinations of gradients are kept for the same types. */
  private static final int MOST_BY_TYPES = 8;

  private final Function<List<Tensor>, List<Tensor>> f;
  private final Map<Signature, List<RecordedStep>> steps = new LinkedHashMap<>(16, 0.75f, true);

  /** The one that ran last, which usually runs next: found without the map and its lock. */
  private volatile Optional<RecordedStep> last = Optional.empty();

  private volatile boolean toldUncompiled;

  /** As many results as there are combinations of types that programs are kept for. */
  private static final class Newest<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    Newest() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > 2 * MOST;
    }
  }

  private record Signature(List<Type> types, Backend backend) {}

  private Compiled(Function<List<Tensor>, List<Tensor>> f) {
    this.f = f;
  }

  /** Returns a function of nothing, compiled. */
  public static Supplier<Tensor> of(Supplier<Tensor> f) {
    Compiled compiled = new Compiled(xs -> List.of(f.get()));
    return () -> compiled.apply(List.of()).get(0);
  }

  /** Returns {@code f}, compiled. */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> f) {
    Compiled compiled = new Compiled(xs -> List.of(f.apply(xs.get(0))));
    return x -> compiled.apply(List.of(x)).get(0);
  }

  /** Returns {@code f} of two tensors, compiled. */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> f) {
    Compiled compiled = new Compiled(xs -> List.of(f.apply(xs.get(0), xs.get(1))));
    return (x, y) -> compiled.apply(List.of(x, y)).get(0);
  }

  /** Returns {@code f} of several tensors with several results, compiled. */
  public static Function<List<Tensor>, List<Tensor>> ofList(
      Function<List<Tensor>, List<Tensor>> f) {
    return new Compiled(f)::apply;
  }

  /**
   * Returns {@code f} of a container of tensors, with a container as its result, compiled. What
   * containers hold beside their leaves is that of the first call with these shapes and dtypes.
   */
  public static <T extends TensorTree<T>, R extends TensorTree<R>> Function<T, R> tree(
      Function<T, R> f) {
    Map<List<Type>, R> results = Collections.synchronizedMap(new Newest<>());
    // The container that the leaves come from tells the recording what it holds beside them.
    ThreadLocal<T> given = new ThreadLocal<>();
    Compiled compiled =
        new Compiled(
            xs -> {
              R y = f.apply(given.get().with(xs));
              results.put(xs.stream().map(Tensor::type).toList(), y);
              return y.leaves();
            });
    return x -> {
      T before = given.get();
      given.set(x);
      try {
        List<Tensor> leaves = x.leaves();
        List<Tensor> all = compiled.apply(leaves);
        return results.get(leaves.stream().map(Tensor::type).toList()).with(all);
      } finally {
        given.set(before);
      }
    };
  }

  private List<Tensor> apply(List<Tensor> given) {
    LiveScalars scalars = new LiveScalars();
    Optional<RecordedStep> again = last;
    if (again.isPresent() && areValues(given) && again.get().takes(given, Backends.current())) {
      Optional<List<Tensor>> results = again.get().runAgain(given, scalars);
      if (results.isPresent()) {
        return results.get();
      }
    }
    return applyAnew(given, scalars);
  }

  /** Returns whether nothing has to be evaluated or differentiated before a run on these. */
  private static boolean areValues(List<Tensor> given) {
    if (Binding.isOpen() || !ThreadState.get().hasNoAssignments()) {
      return false;
    }
    for (int i = 0; i < given.size(); i++) {
      Tensor x = given.get(i);
      if (x instanceof Parameter || !x.node().isPlainValue()) {
        return false;
      }
    }
    return true;
  }

  private List<Tensor> applyAnew(List<Tensor> given, LiveScalars scalars) {
    List<Tensor> xs = new ArrayList<>(given.size());
    boolean differentiated = Binding.isOpen();
    for (Tensor x : given) {
      Tensor fixed = x.fixed();
      xs.add(fixed);
      differentiated |= isDifferentiated(fixed.node());
    }
    if (differentiated) {
      tellUncompiled();
      return f.apply(xs);
    }
    List<Tensor> made = new ArrayList<>();
    xs.replaceAll(x -> materialised(x, made));
    try {
      Evaluator.evaluate(xs);
      for (; ; ) {
        Optional<List<Tensor>> results = step(xs).run(xs, scalars);
        if (results.isPresent()) {
          return results.get();
        }
      }
    } finally {
      made.forEach(Tensor::release);
    }
  }

  /** Says once that this function runs as it is, where nothing but a log would tell. */
  private void tellUncompiled() {
    if (!Binding.isOpen() && ThreadState.get().writing().isEmpty() && !toldUncompiled) {
      toldUncompiled = true;
      Log.info(
          Compiled.class,
          "Compiled: called as it is, not as a program, because an argument is a parameter, a"
              + " variable(), or was built from one; detach() the argument if no gradient passes");
    }
  }

  /** Returns a scalar as a value, which goes after the run; anything else as it is. */
  private static Tensor materialised(Tensor x, List<Tensor> made) {
    Tensor value = Values.materialised(x);
    if (value != x) {
      made.add(value);
    }
    return value;
  }

  /** Returns whether gradients may be taken through a tensor by something before it. */
  private static boolean isDifferentiated(Node node) {
    return node.isSource()
        || (node.inputs().length > 0 && Ancestors.find(node, Node::isSource).isPresent());
  }

  private RecordedStep step(List<Tensor> xs) {
    Optional<RecordedStep> again = last;
    if (again.isPresent() && again.get().takes(xs, Backends.current()) && again.get().fits()) {
      return again.get();
    }
    RecordedStep step = find(xs);
    last = Optional.of(step);
    return step;
  }

  private RecordedStep find(List<Tensor> xs) {
    Signature signature = new Signature(xs.stream().map(Tensor::type).toList(), Backends.current());
    synchronized (this) {
      List<RecordedStep> recorded = steps.getOrDefault(signature, List.of());
      for (RecordedStep step : recorded) {
        if (step.fits()) {
          recorded.remove(step);
          recorded.add(step); // the newest comes last
          return step;
        }
      }
    }
    RecordedStep made = RecordedStep.record(f, signature.types());
    synchronized (this) {
      List<RecordedStep> recorded = steps.computeIfAbsent(signature, s -> new ArrayList<>());
      recorded.add(made);
      if (recorded.size() > MOST_BY_TYPES) {
        recorded.remove(0);
      }
      if (steps.size() > MOST) {
        steps.remove(steps.keySet().iterator().next());
      }
    }
    return made;
  }
}
