package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.adjoint.op.ReductionOps;

/**
 * Einstein's summation: {@code ij,jk->ik} is the matrix product. A letter names an axis, equal
 * letters run together, letters that the result lacks are summed over; twice in one operand a
 * letter is its diagonal. {@code ...} stands for any leading axes, which broadcast. Without an
 * arrow the result has the letters that occur once, in alphabetical order, behind the axes of the
 * ellipsis.
 *
 * <p>A formula is parsed once; applying it plans permutations, reshapes, sums and matrix products,
 * pair by pair with the smallest intermediate result first. There is no kernel and no derivative of
 * its own.
 */
public final class Einsum {
  /** Axes of the ellipsis are negative subscripts: −1 is the last of them. */
  private static final int ELLIPSIS = Integer.MIN_VALUE;

  private final String formula;
  private final List<int[]> operands;
  private final int[] result;

  private Einsum(String formula, List<int[]> operands, int[] result) {
    this.formula = formula;
    this.operands = operands;
    this.result = result;
  }

  /**
   * Returns the formula, parsed.
   *
   * @throws IllegalArgumentException naming the subscript that is wrong
   */
  public static Einsum of(String formula) {
    String text = formula.replace(" ", "");
    int arrow = text.indexOf("->");
    String left = arrow < 0 ? text : text.substring(0, arrow);
    List<int[]> operands = new ArrayList<>();
    for (String part : left.split(",", -1)) {
      operands.add(subscripts(formula, part));
    }
    int[] result = arrow < 0 ? implied(operands) : subscripts(formula, text.substring(arrow + 2));
    Set<Integer> seen = new LinkedHashSet<>();
    for (int subscript : result) {
      if (!seen.add(subscript)) {
        throw bad(formula, "subscript " + name(subscript) + " occurs twice in the result");
      }
      if (operands.stream().noneMatch(operand -> contains(operand, subscript))) {
        throw bad(formula, "subscript " + name(subscript) + " of the result is in no operand");
      }
    }
    return new Einsum(formula, operands, result);
  }

  private static int[] subscripts(String formula, String part) {
    List<Integer> subscripts = new ArrayList<>();
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (part.startsWith("...", i) && !subscripts.contains(ELLIPSIS)) {
        subscripts.add(ELLIPSIS);
        i += 2;
      } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        subscripts.add((int) c);
      } else {
        throw bad(formula, "'" + c + "' in \"" + part + "\" is no subscript");
      }
    }
    return ints(subscripts);
  }

  private static int[] implied(List<int[]> operands) {
    Map<Integer, Integer> counts = new TreeMap<>();
    for (int[] operand : operands) {
      for (int subscript : operand) {
        counts.merge(subscript, 1, Integer::sum);
      }
    }
    List<Integer> once = new ArrayList<>();
    counts.forEach(
        (subscript, count) -> {
          if (count == 1 || subscript == ELLIPSIS) {
            once.add(subscript);
          }
        });
    return ints(once);
  }

  /**
   * Returns the value of the formula.
   *
   * @throws IllegalArgumentException naming the subscript or operand that does not fit
   */
  public Tensor apply(Tensor... tensors) {
    if (tensors.length != operands.size()) {
      throw bad(formula, "has " + operands.size() + " operands, got " + tensors.length);
    }
    int most = 0;
    for (int i = 0; i < tensors.length; i++) {
      most = Math.max(most, hidden(i, tensors[i]));
    }
    List<Term> terms = new ArrayList<>();
    for (int i = 0; i < tensors.length; i++) {
      int[] subscripts = expanded(operands.get(i), hidden(i, tensors[i]));
      terms.add(new Term(tensors[i], subscripts));
    }
    Map<Integer, Long> sizes = sizes(terms);
    int[] wanted = expanded(result, most);
    for (int i = 0; i < terms.size(); i++) {
      terms.set(i, sumAway(diagonal(terms.get(i)), needed(terms, wanted, i, i), sizes));
    }
    while (terms.size() > 1) {
      int[] pair = cheapest(terms, wanted, sizes);
      Set<Integer> needed = needed(terms, wanted, pair[0], pair[1]);
      Term second = terms.remove(pair[1]);
      Term first = terms.remove(pair[0]);
      terms.add(contract(first, second, needed, sizes));
    }
    return arranged(terms.get(0), wanted, sizes);
  }

  /** A tensor and the subscripts of its axes. */
  private record Term(Tensor x, int[] subscripts) {}

  /** Returns how many axes the ellipsis of operand i stands for. */
  private int hidden(int i, Tensor x) {
    int[] subscripts = operands.get(i);
    boolean open = contains(subscripts, ELLIPSIS);
    int named = subscripts.length - (open ? 1 : 0);
    if (open ? x.rank() < named : x.rank() != named) {
      throw bad(
          formula, "operand " + i + " has " + named + " subscripts for the axes of " + x.shape());
    }
    return x.rank() - named;
  }

  private static int[] expanded(int[] subscripts, int hidden) {
    List<Integer> all = new ArrayList<>();
    for (int subscript : subscripts) {
      if (subscript != ELLIPSIS) {
        all.add(subscript);
        continue;
      }
      for (int i = hidden; i > 0; i--) {
        all.add(-i);
      }
    }
    return ints(all);
  }

  /** Returns the size of each subscript; those of the ellipsis broadcast, letters agree. */
  private Map<Integer, Long> sizes(List<Term> terms) {
    Map<Integer, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < terms.size(); i++) {
      Term term = terms.get(i);
      for (int axis = 0; axis < term.subscripts.length; axis++) {
        int subscript = term.subscripts[axis];
        long size = term.x.dim(axis);
        long known = sizes.getOrDefault(subscript, size);
        boolean broadcasts = subscript < 0 && (known == 1 || size == 1);
        if (known != size && !broadcasts) {
          throw bad(
              formula,
              "subscript "
                  + name(subscript)
                  + " is "
                  + known
                  + " and, in operand "
                  + i
                  + " "
                  + term.x.shape()
                  + ", "
                  + size);
        }
        sizes.put(subscript, known == 1 ? size : known);
      }
    }
    return sizes;
  }

  /** Returns the subscripts that the result or a term other than {@code a} and {@code b} has. */
  private static Set<Integer> needed(List<Term> terms, int[] wanted, int a, int b) {
    Set<Integer> needed = new LinkedHashSet<>();
    for (int subscript : wanted) {
      needed.add(subscript);
    }
    for (int i = 0; i < terms.size(); i++) {
      if (i != a && i != b) {
        for (int subscript : terms.get(i).subscripts) {
          needed.add(subscript);
        }
      }
    }
    return needed;
  }

  /** Returns the term with each subscript once. */
  private static Term diagonal(Term term) {
    Tensor x = term.x;
    int[] subscripts = term.subscripts;
    for (int i = 0; i < subscripts.length; i++) {
      int again = indexOf(subscripts, subscripts[i], i + 1);
      if (again >= 0) {
        x = x.diagonal(0, i, again);
        int[] rest = new int[subscripts.length - 1];
        int at = 0;
        for (int axis = 0; axis < subscripts.length; axis++) {
          if (axis != i && axis != again) {
            rest[at++] = subscripts[axis];
          }
        }
        rest[at] = subscripts[i];
        subscripts = rest;
        i = -1;
      }
    }
    return new Term(x, subscripts);
  }

  /**
   * Returns the term without the subscripts that nothing else needs. An axis of size 1 that
   * broadcasts counts as often as the others are long.
   */
  private static Term sumAway(Term term, Set<Integer> needed, Map<Integer, Long> sizes) {
    List<Long> axes = new ArrayList<>();
    List<Integer> kept = new ArrayList<>();
    long times = 1;
    for (int axis = 0; axis < term.subscripts.length; axis++) {
      int subscript = term.subscripts[axis];
      if (needed.contains(subscript)) {
        kept.add(subscript);
      } else {
        axes.add((long) axis);
        times *= term.x.dim(axis) == sizes.get(subscript) ? 1 : sizes.get(subscript);
      }
    }
    long[] folded = axes.stream().mapToLong(Long::longValue).toArray();
    Tensor x = folded.length == 0 ? term.x : ReductionOps.SUM.over(folded, term.x);
    return new Term(times == 1 ? x : x.times((double) times), ints(kept));
  }

  /** Returns the two terms whose product is smallest; the first of equal ones. */
  private static int[] cheapest(List<Term> terms, int[] wanted, Map<Integer, Long> sizes) {
    int[] best = {0, 1};
    double least = Double.POSITIVE_INFINITY;
    for (int a = 0; a < terms.size(); a++) {
      for (int b = a + 1; b < terms.size(); b++) {
        Set<Integer> left = needed(terms, wanted, a, b);
        double size = 1;
        for (int subscript : union(terms.get(a), terms.get(b))) {
          size *= left.contains(subscript) ? sizes.get(subscript) : 1;
        }
        if (size < least) {
          least = size;
          best = new int[] {a, b};
        }
      }
    }
    return best;
  }

  /**
   * Returns the product of two terms, summed over what they share and nothing else needs: a batch
   * of matrix products, or where there is nothing to sum, an elementwise product.
   */
  private static Term contract(Term a, Term b, Set<Integer> needed, Map<Integer, Long> sizes) {
    List<Integer> batch = new ArrayList<>();
    List<Integer> summed = new ArrayList<>();
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    for (int subscript : union(a, b)) {
      boolean inA = contains(a.subscripts, subscript);
      boolean inB = contains(b.subscripts, subscript);
      if (inA && inB) {
        (needed.contains(subscript) ? batch : summed).add(subscript);
      } else {
        (inA ? left : right).add(subscript);
      }
    }
    int[] all = joined(batch, left, right);
    long[] dims = dims(all, sizes);
    if (summed.isEmpty()) {
      Tensor x = arranged(a, joined(batch, left, List.of()), sizes);
      Tensor y = arranged(b, joined(batch, List.of(), right), sizes);
      long[] wide = Arrays.copyOf(x.shape().dims(), all.length);
      Arrays.fill(wide, batch.size() + left.size(), all.length, 1);
      long[] middle = dims.clone();
      Arrays.fill(middle, batch.size(), batch.size() + left.size(), 1);
      return new Term(x.reshape(wide).times(y.reshape(middle)), all);
    }
    long count = volume(batch, sizes);
    long k = volume(summed, sizes);
    Tensor x =
        arranged(a, joined(batch, left, summed), sizes).reshape(count, volume(left, sizes), k);
    Tensor y =
        arranged(b, joined(batch, summed, right), sizes).reshape(count, k, volume(right, sizes));
    Tensor product =
        batch.isEmpty() ? x.reshape(x.dim(1), k).matmul(y.reshape(k, y.dim(2))) : x.matmul(y);
    return new Term(product.reshape(dims), all);
  }

  /** Returns the term's tensor with exactly these subscripts in this order, at full size. */
  private static Tensor arranged(Term term, int[] order, Map<Integer, Long> sizes) {
    int[] axes = new int[order.length];
    boolean same = true;
    for (int i = 0; i < order.length; i++) {
      axes[i] = indexOf(term.subscripts, order[i], 0);
      same &= axes[i] == i;
    }
    Tensor x = same ? term.x : term.x.permute(axes);
    return x.broadcastTo(dims(order, sizes));
  }

  private static long[] dims(int[] subscripts, Map<Integer, Long> sizes) {
    return Arrays.stream(subscripts).mapToLong(sizes::get).toArray();
  }

  private static long volume(List<Integer> subscripts, Map<Integer, Long> sizes) {
    return Shape.of(dims(ints(subscripts), sizes)).size();
  }

  private static int[] joined(List<Integer> a, List<Integer> b, List<Integer> c) {
    List<Integer> all = new ArrayList<>(a);
    all.addAll(b);
    all.addAll(c);
    return ints(all);
  }

  private static Set<Integer> union(Term a, Term b) {
    Set<Integer> union = new LinkedHashSet<>();
    for (int subscript : a.subscripts) {
      union.add(subscript);
    }
    for (int subscript : b.subscripts) {
      union.add(subscript);
    }
    return union;
  }

  private static int indexOf(int[] values, int value, int from) {
    for (int i = from; i < values.length; i++) {
      if (values[i] == value) {
        return i;
      }
    }
    return -1;
  }

  private static boolean contains(int[] values, int value) {
    return indexOf(values, value, 0) >= 0;
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static String name(int subscript) {
    return subscript < 0 ? "'...'" : "'" + (char) subscript + "'";
  }

  private static IllegalArgumentException bad(String formula, String what) {
    return new IllegalArgumentException("einsum " + formula + ": " + what);
  }

  /** Returns the formula as it was written. */
  @Override
  public String toString() {
    return formula;
  }
}
