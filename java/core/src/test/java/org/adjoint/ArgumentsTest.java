package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.adjoint.op.ElementwiseOps;
import org.junit.jupiter.api.Test;

/**
 * Every public method of a tensor, called with null and on every dtype: whatever is refused is so
 * by one exception of a kind that Javadoc names, whose message says which method and what.
 */
class ArgumentsTest {
  private static final List<Class<? extends Exception>> DOCUMENTED =
      List.of(
          IllegalArgumentException.class,
          IllegalStateException.class,
          IndexOutOfBoundsException.class,
          ArithmeticException.class,
          UnsupportedOperationException.class);

  private static List<Method> methods() {
    return Arrays.stream(Tensor.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic())
        .filter(m -> !m.getName().equals("print"))
        .sorted(Comparator.comparing(Method::toString))
        .toList();
  }

  /** Returns an argument of a type that most methods take; x is a matrix [2, 2]. */
  private static Object argument(Class<?> type, Tensor x) {
    Map<Class<?>, Object> arguments =
        Map.ofEntries(
            Map.entry(Tensor.class, x),
            Map.entry(Tensor[].class, new Tensor[] {x, x}),
            Map.entry(List.class, List.of(x, x)),
            Map.entry(DType.class, DType.F64),
            Map.entry(Shape.class, Shape.of(2, 2)),
            Map.entry(int.class, 1),
            Map.entry(long.class, 1L),
            Map.entry(double.class, 1.0),
            Map.entry(float.class, 1f),
            Map.entry(boolean.class, true),
            Map.entry(int[].class, new int[] {0}),
            Map.entry(long[].class, new long[] {2, 2}),
            Map.entry(float[].class, new float[4]),
            Map.entry(double[].class, new double[4]),
            Map.entry(short[].class, new short[4]),
            Map.entry(boolean[].class, new boolean[4]),
            Map.entry(float[][].class, new float[2][2]),
            Map.entry(double[][].class, new double[2][2]),
            Map.entry(int[][].class, new int[2][2]),
            Map.entry(long[][].class, new long[2][2]),
            Map.entry(boolean[][].class, new boolean[2][2]),
            Map.entry(String.class, "a b -> b a"),
            Map.entry(Map.class, Map.of()),
            Map.entry(Slice[].class, new Slice[] {Slice.ALL}),
            Map.entry(Convolution.class, Convolution.of(1)),
            Map.entry(Window.class, Window.of(1)),
            Map.entry(DoubleSupplier.class, (DoubleSupplier) () -> 1),
            Map.entry(UnaryOperator.class, UnaryOperator.identity()),
            Map.entry(org.adjoint.op.Op.class, ElementwiseOps.PLUS),
            Map.entry(
                java.nio.Buffer.class,
                java.nio.ByteBuffer.allocateDirect(16)
                    .order(java.nio.ByteOrder.nativeOrder())
                    .asFloatBuffer()));
    return arguments.get(type);
  }

  /** Returns what a call has thrown. */
  private static Optional<Throwable> thrown(Method method, Tensor x, Object... arguments) {
    try {
      Object result = method.invoke(Modifier.isStatic(method.getModifiers()) ? null : x, arguments);
      if (result instanceof Tensor y) {
        y.eval();
      }
      return Optional.empty();
    } catch (InvocationTargetException e) {
      return Optional.of(e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    } catch (RuntimeException e) {
      return Optional.of(e);
    }
  }

  private static Object[] arguments(Method method, Tensor x) {
    return Arrays.stream(method.getParameterTypes()).map(type -> argument(type, x)).toArray();
  }

  /** Axes, sizes, elements in the call itself: Java's own message says that the list is null. */
  private static boolean isOfNumbers(Class<?> type) {
    return type.isArray() && type.getComponentType().isPrimitive();
  }

  private static String call(Method method) {
    return method.getName() + Arrays.toString(method.getParameterTypes());
  }

  @Test
  void nullIsRefusedByName() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    List<String> wrong = new ArrayList<>();
    for (Method method : methods()) {
      Class<?>[] types = method.getParameterTypes();
      for (int i = 0; i < types.length; i++) {
        boolean numbers = i == types.length - 1 && method.isVarArgs() && isOfNumbers(types[i]);
        if (!types[i].isPrimitive() && !numbers) {
          Object[] arguments = arguments(method, x);
          arguments[i] = null;
          Optional<Throwable> e = thrown(method, x, arguments);
          String message = e.map(t -> String.valueOf(t.getMessage())).orElse("accepted");
          if (e.isEmpty()
              || !(e.get() instanceof NullPointerException)
              || !message.matches("\\w+: .* is null")) {
            wrong.add(call(method) + " " + i + ": " + e.map(Throwable::toString).orElse(message));
          }
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
  }

  /** Returns an argument with null as its second element, null for one that has no such. */
  private static Object withNull(Object argument) {
    if (argument instanceof List<?> list) {
      return Arrays.asList(list.get(0), null);
    }
    if (argument instanceof Object[] all) {
      Object[] copy = Arrays.copyOf(all, 2);
      copy[1] = null;
      return copy;
    }
    return null;
  }

  @Test
  void anElementThatIsNullIsRefusedByName() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    List<String> wrong = new ArrayList<>();
    for (Method method : methods()) {
      for (int i = 0; i < method.getParameterCount(); i++) {
        Object[] arguments = arguments(method, x);
        arguments[i] = withNull(arguments[i]);
        if (arguments[i] != null) {
          Optional<Throwable> e = thrown(method, x, arguments);
          boolean named =
              e.isPresent()
                  && e.get() instanceof NullPointerException
                  && String.valueOf(e.get().getMessage())
                      .matches("\\w+: (\\w+\\[1\\]|input 1) is null");
          if (!named) {
            wrong.add(
                call(method) + " " + i + ": " + e.map(Throwable::toString).orElse("accepted"));
          }
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
  }

  @Test
  void aWrongDtypeIsRefusedByName() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    List<String> wrong = new ArrayList<>();
    for (Method method : methods()) {
      for (DType dtype : DType.values()) {
        Tensor other = x.cast(dtype);
        Optional<Throwable> e = thrown(method, other, arguments(method, other));
        if (e.isPresent()) {
          boolean documented = DOCUMENTED.stream().anyMatch(kind -> kind.isInstance(e.get()));
          String message = String.valueOf(e.get().getMessage());
          if (!documented
              || !message.matches("\\w+[^:]*: .*|number .* is no " + dtype + "; cast.*")) {
            wrong.add(call(method) + " of " + dtype + ": " + e.get());
          }
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
  }
}
