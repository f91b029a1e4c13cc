/** The script that times ONNX Runtime in a process of its own. */
export declare const onnxRoundsPath: string;
