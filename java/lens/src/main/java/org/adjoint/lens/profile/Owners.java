package org.adjoint.lens.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.adjoint.Parameter;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;

/**
 * Which layer of a network an instruction works for, by the paths that nn gives parameters. An
 * instruction belongs to the layer whose {@link Parameter}s it reads or writes; one that makes the
 * gradient by a parameter, to be read by the step that moves it, belongs to that parameter's layer.
 * An optimizer's step is {@link #OPTIMIZER}'s. What reads no parameter, an activation or a loss for
 * example, lies {@link #BETWEEN} layers: a program does not say whose it is.
 */
final class Owners {
  static final String OPTIMIZER = "optimizer";
  static final String BETWEEN = "between layers";
  static final String SHARED = "several layers";

  private final List<Instruction> instructions;

  /** By argument the name of the parameter that it is, empty for another. */
  private final List<String> parameters;

  private Owners(List<Instruction> instructions, List<String> parameters) {
    this.instructions = instructions;
    this.parameters = parameters;
  }

  /**
   * Returns by instruction of a program, in the order of {@link Program#flat}, the path of its
   * layer, or one of the constants.
   *
   * @param parameters by argument the name of the parameter that it is, empty for another
   */
  static List<String> of(Program program, List<String> parameters) {
    List<Instruction> instructions = program.instructions();
    Owners owners = new Owners(instructions, parameters);
    String[] direct = new String[instructions.size()];
    for (int i = 0; i < direct.length; i++) {
      direct[i] = owners.direct(instructions.get(i));
    }
    for (int i = 0; i < direct.length; i++) {
      owners.giveGradients(i, direct);
    }
    List<String> all = new ArrayList<>();
    for (int i = 0; i < direct.length; i++) {
      String owner = direct[i].isEmpty() ? BETWEEN : direct[i];
      all.add(owner);
      Instruction call = instructions.get(i);
      call.body().ifPresent(body -> all.addAll(inside(body, owners.passed(call, body), owner)));
    }
    return all;
  }

  /** Returns the owners in a loop's body; what is between layers there belongs to the loop's. */
  private static List<String> inside(Program body, List<String> names, String loop) {
    boolean shared = loop.equals(SHARED);
    return of(body, names).stream()
        .map(owner -> owner.equals(BETWEEN) && !shared ? loop : owner)
        .toList();
  }

  /** Returns what the arguments of a loop's body are called: input i of the loop is argument i. */
  private List<String> passed(Instruction loop, Program body) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < body.argumentBytes().length; i++) {
      names.add(i < loop.inputs().size() ? name(loop.inputs().get(i)) : "");
    }
    return names;
  }

  private String name(Operand x) {
    int argument = x.binding() - Program.ARGUMENTS;
    return argument >= 0 && argument < parameters.size() ? parameters.get(argument) : "";
  }

  /** Returns the path of a parameter's layer: {@code encoder.fc1} of {@code encoder.fc1.weight}. */
  static String layer(String parameter) {
    int dot = parameter.lastIndexOf('.');
    return dot < 0 ? parameter : parameter.substring(0, dot);
  }

  private String direct(Instruction call) {
    Set<String> layers = new TreeSet<>();
    for (List<Operand> operands : List.of(call.inputs(), call.outputs())) {
      for (Operand x : operands) {
        String name = name(x);
        if (!name.isEmpty()) {
          layers.add(layer(name));
        }
      }
    }
    if (call.kernel().lists().isPresent()) {
      return OPTIMIZER;
    }
    return layers.size() > 1 ? SHARED : String.join("", layers);
  }

  /** Gives what makes the gradients that a step reads to the layers of the parameters it moves. */
  private void giveGradients(int step, String... owners) {
    Instruction call = instructions.get(step);
    if (call.kernel().lists().isPresent()) {
      int singles = call.kernel().lists().get().inputs();
      int length = call.kernel().listLength(call.outputs().size());
      for (int i = 0; i < length; i++) {
        String parameter = name(call.inputs().get(singles + i));
        give(step, call.inputs().get(singles + length + i), parameter, owners);
      }
      return;
    }
    for (Operand written : call.outputs()) {
      String parameter = name(written);
      for (Operand x : call.inputs()) {
        if (!parameter.isEmpty() && Arrays.equals(x.dims(), written.dims())) {
          give(step, x, parameter, owners);
        }
      }
    }
  }

  private void give(int step, Operand gradient, String parameter, String... owners) {
    for (int i = step - 1; i >= 0 && !parameter.isEmpty(); i--) {
      for (Operand y : instructions.get(i).outputs()) {
        if (y.binding() == gradient.binding() && y.offset() == gradient.offset()) {
          Instruction maker = instructions.get(i);
          owners[i] = owners[i].isEmpty() ? layer(parameter) : owners[i];
          if (maker.kernel().name().equals("copy") || maker.kernel().name().equals("cast")) {
            give(i, maker.inputs().get(0), parameter, owners);
          }
          return;
        }
      }
    }
  }
}
