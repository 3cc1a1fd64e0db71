package org.adjoint.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.adjoint.DType;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.onnx.OnnxExport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code adjoint export}: writes a network that {@code train --save} saved for other runtimes. */
@Command(
    name = "export",
    description = {
      "Write a network that 'train --save' saved as an ONNX file.",
      "",
      "The file's input is called x, with any number of rows; its output y."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class ExportCommand implements Runnable {
  private final Terminal terminal;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "The weights, as safetensors.")
  private Path model;

  @Option(
      names = "--onnx",
      required = true,
      paramLabel = "FILE",
      description = "What to write; an existing file is replaced.")
  private Path onnx;

  @Mixin private BackendOptions backend = new BackendOptions();

  ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    backend.apply();
    MlpFile file = MlpFile.read(model);
    List<Integer> sizes = file.model().sizes();
    OnnxExport.Input x = OnnxExport.Input.of("x", DType.F32, sizes.get(0));
    OnnxExport.of(file.model(), x).write(onnx);
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: x [batch, %d] to y [batch, %d], operator set 17%n",
            onnx,
            sizes.get(0),
            sizes.get(sizes.size() - 1));
  }
}
