# The warnings of our own code, all of them errors. It refuses to know about any one target: call adjoint_warnings(target).

function(adjoint_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
endfunction()
