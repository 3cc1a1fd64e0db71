package org.adjoint.internal.compose;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.adjoint.Tensor;

/**
 * Axes by names, in the notation of einops (Rogozhnikov 2022): {@code "b (h w) c -> b c h w"}. A
 * parenthesis is one axis made of several, the last of them innermost; {@code 1} an axis of that
 * size, {@code ...} any axes that no name stands for. A pattern becomes reshape, permute, a
 * reduction or broadcastTo, and reshape.
 */
public final class Rearrangement {
  /** What may differ between the two sides of a pattern. */
  private enum Kind {
    REARRANGE,
    REDUCE,
    REPEAT
  }

  private static final Map<String, Function<Tensor, Function<int[], Tensor>>> REDUCTIONS =
      Map.of(
          "sum", x -> x::sum,
          "mean", x -> x::mean,
          "max", x -> x::max,
          "min", x -> x::min,
          "prod", x -> x::prod);

  private final String pattern;
  private final String name;

  /** By elementary axis its size, those of the left side first and in its order. */
  private final Map<String, Long> sizes = new LinkedHashMap<>();

  private Rearrangement(String name, String pattern) {
    this.name = name;
    this.pattern = pattern;
  }

  /** Returns the elements with axes split, joined and moved. */
  public static Tensor rearrange(Tensor x, String pattern, Map<String, Integer> sizes) {
    return new Rearrangement("rearrange", pattern).apply(Kind.REARRANGE, x, sizes, "");
  }

  /** Returns the elements reduced over the axes that the right side lacks. */
  public static Tensor reduce(
      Tensor x, String pattern, String reduction, Map<String, Integer> sizes) {
    if (!REDUCTIONS.containsKey(reduction)) {
      throw new IllegalArgumentException(
          "reduce: \"" + reduction + "\" is none of sum, mean, max, min and prod");
    }
    return new Rearrangement("reduce", pattern).apply(Kind.REDUCE, x, sizes, reduction);
  }

  /** Returns the elements repeated along the axes that the left side lacks. */
  public static Tensor repeat(Tensor x, String pattern, Map<String, Integer> sizes) {
    return new Rearrangement("repeat", pattern).apply(Kind.REPEAT, x, sizes, "");
  }

  private Tensor apply(Kind kind, Tensor given, Map<String, Integer> known, String reduction) {
    String[] sides = pattern.split("->", -1);
    if (sides.length != 2) {
      throw bad("needs one ->");
    }
    int spare = given.rank() - groups(sides[0], 0).size();
    List<List<String>> left = groups(sides[0], Math.max(0, spare));
    List<List<String>> right = groups(sides[1], Math.max(0, spare));
    if (left.size() != given.rank()) {
      throw bad(left.size() + " axes on the left, but the shape is " + given.shape());
    }
    for (int axis = 0; axis < left.size(); axis++) {
      resolve(left.get(axis), given.dim(axis), axis, known);
    }
    List<String> from = new ArrayList<>(sizes.keySet());
    List<String> to = right.stream().flatMap(List::stream).toList();
    check(kind, from, to, known);
    Tensor x = given.reshape(dims(from));
    List<String> kept = from.stream().filter(to::contains).toList();
    if (kept.size() < from.size()) {
      int[] axes = from.stream().filter(a -> !to.contains(a)).mapToInt(from::indexOf).toArray();
      x = REDUCTIONS.get(reduction).apply(x).apply(axes);
    }
    List<String> old = to.stream().filter(kept::contains).toList();
    x = x.permute(old.stream().mapToInt(kept::indexOf).toArray());
    if (old.size() < to.size()) {
      long[] inside = dims(to);
      for (int i = 0; i < inside.length; i++) {
        inside[i] = kept.contains(to.get(i)) ? inside[i] : 1;
      }
      x = x.reshape(inside).broadcastTo(dims(to));
    }
    long[] joined = new long[right.size()];
    for (int i = 0; i < joined.length; i++) {
      joined[i] = product(right.get(i));
    }
    return x.reshape(joined);
  }

  /** Returns the axes of one side, each the names that it is made of; {@code 1} is no name. */
  private List<List<String>> groups(String side, int spare) {
    String spaced = side.replace("(", " ( ").replace(")", " ) ").strip();
    List<List<String>> groups = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    List<String> open = null;
    for (String word : spaced.isEmpty() ? new String[0] : spaced.split("\\s+")) {
      if (word.equals("(") ? open != null : word.equals(")") && open == null) {
        throw bad("parentheses do not match");
      } else if (word.equals("(")) {
        open = new ArrayList<>();
      } else if (word.equals(")")) {
        groups.add(open);
        open = null;
      } else if (word.equals("...")) {
        if (open != null || !seen.add(word)) {
          throw bad("the ellipsis stands once a side, outside of parentheses");
        }
        for (int i = 0; i < spare; i++) {
          groups.add(List.of("..." + i));
        }
      } else {
        List<String> names = word.equals("1") ? List.of() : List.of(checked(word, seen));
        if (open == null) {
          groups.add(names);
        } else {
          open.addAll(names);
        }
      }
    }
    if (open != null) {
      throw bad("parentheses do not match");
    }
    return groups;
  }

  private String checked(String word, Set<String> seen) {
    if (!word.matches("[A-Za-z_][A-Za-z_0-9]*")) {
      throw bad("\"" + word + "\" is no name of an axis");
    }
    if (!seen.add(word)) {
      throw bad("axis " + word + " occurs twice on one side");
    }
    return word;
  }

  /** Finds the sizes of the axes that one axis is made of; one of them may be unknown. */
  private void resolve(List<String> names, long dim, int axis, Map<String, Integer> known) {
    String open = null;
    long rest = 1;
    for (String each : names) {
      if (known.containsKey(each)) {
        sizes.put(each, (long) known.get(each));
        rest *= known.get(each);
      } else if (open == null) {
        open = each;
        sizes.put(each, 1L); // in its order; the size follows
      } else {
        throw bad("the sizes of " + open + " and " + each + " are unknown; give one of them");
      }
    }
    boolean fits = open == null ? rest == dim : rest > 0 && dim % rest == 0;
    if (!fits) {
      throw bad("axis " + axis + " of size " + dim + " is not made of " + names + " in " + known);
    }
    if (open != null) {
      sizes.put(open, dim / rest);
    }
  }

  private void check(Kind kind, List<String> from, List<String> to, Map<String, Integer> known) {
    for (String axis : from) {
      if (!to.contains(axis) && kind != Kind.REDUCE) {
        throw bad("axis " + axis + " is missing on the right");
      }
    }
    for (String axis : to) {
      if (sizes.containsKey(axis)) {
        continue;
      }
      if (kind != Kind.REPEAT) {
        throw bad("axis " + axis + " is missing on the left");
      }
      if (!known.containsKey(axis) || known.get(axis) < 0) {
        throw bad("the size of " + axis + " is unknown; give it");
      }
      sizes.put(axis, (long) known.get(axis));
    }
    for (String axis : known.keySet()) {
      if (!sizes.containsKey(axis)) {
        throw bad("axis " + axis + " has a size and does not occur");
      }
    }
  }

  private long[] dims(List<String> axes) {
    return axes.stream().mapToLong(sizes::get).toArray();
  }

  private long product(List<String> axes) {
    long product = 1;
    for (long size : dims(axes)) {
      product *= size;
    }
    return product;
  }

  private IllegalArgumentException bad(String what) {
    return new IllegalArgumentException(name + ": \"" + pattern + "\": " + what);
  }
}
